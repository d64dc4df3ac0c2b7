//! SQLite without a hop for reads: a connection per event loop, and one thread that writes.

use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use accounts::store::{
    BY_EMAIL_KEY, BY_ID, Credentials, Error, INSERT, NewUser, SCHEMA, Store, User,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, ffi};
use tokio::sync::oneshot;

/// What one event loop uses; its lock is never contended.
pub struct Sqlite {
    reader: Mutex<Connection>,
    writer: Writer,
}

impl Sqlite {
    pub fn open(path: &Path, writer: Writer) -> Result<Self, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags)?;
        reader.busy_timeout(BUSY)?;
        Ok(Self {
            reader: Mutex::new(reader),
            writer,
        })
    }

    fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        Ok(read(
            &self.reader.lock().unwrap_or_else(PoisonError::into_inner),
        )?)
    }
}

impl Store for Sqlite {
    async fn by_id(&self, id: i64) -> Result<Option<User>, Error> {
        self.read(|reader| {
            reader
                .prepare_cached(BY_ID)?
                .query_row([id], |row| {
                    Ok(User {
                        id: row.get(0)?,
                        email: row.get(1)?,
                        is_active: row.get(2)?,
                        created_at: row.get(3)?,
                    })
                })
                .optional()
        })
    }

    async fn by_email_key(&self, key: String) -> Result<Option<Credentials>, Error> {
        self.read(|reader| {
            reader
                .prepare_cached(BY_EMAIL_KEY)?
                .query_row([key], |row| {
                    Ok(Credentials {
                        id: row.get(0)?,
                        hashed_password: row.get(1)?,
                        is_active: row.get(2)?,
                    })
                })
                .optional()
        })
    }

    async fn insert(&self, new: NewUser) -> Result<Option<User>, Error> {
        let (answer, answered) = oneshot::channel();
        self.writer.0.send(Insertion { new, answer })?;
        Ok(answered.await??)
    }
}

struct Insertion {
    new: NewUser,
    answer: oneshot::Sender<rusqlite::Result<Option<User>>>,
}

/// The way to the thread that writes; it ends with the last of these.
#[derive(Clone)]
pub struct Writer(mpsc::Sender<Insertion>);

const BUSY: Duration = Duration::from_secs(5);

impl Writer {
    pub fn start(path: &Path) -> Result<Self, Error> {
        // A lock that all connections share; refused, harmlessly, when SQLite runs already.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0) };
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute(SCHEMA, ())?;
        let (sender, insertions) = mpsc::channel();
        thread::spawn(move || {
            for Insertion { new, answer } in insertions {
                // Who has gone away meanwhile needs no answer.
                let _ = answer.send(insert(&connection, new));
            }
        });
        Ok(Self(sender))
    }
}

fn insert(connection: &Connection, new: NewUser) -> rusqlite::Result<Option<User>> {
    let values = (
        &new.email,
        &new.email_key,
        &new.hashed_password,
        &new.created_at,
    );
    let id = connection
        .prepare_cached(INSERT)?
        .query_row(values, |row| row.get(0))
        .optional()?;
    Ok(id.map(|id| new.with_id(id)))
}
