//! With the stack's own libraries: sqlx, the argon2 crate, tokio's multi-threaded runtime.

use std::cell::RefCell;
use std::time::Duration;

use accounts::api::App;
use accounts::password::{HASH_BYTES, MEMORY_KIB, PASSES, SALT_BYTES};
use accounts::settings::Settings;
use accounts::store::{
    BY_EMAIL_KEY, BY_ID, Credentials, Error, INSERT, NewUser, SCHEMA, Store, User,
};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use mimalloc::MiMalloc;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> Result<(), Error> {
    let settings = Settings::from_env()?;
    Builder::new_multi_thread()
        .worker_threads(settings.workers)
        .max_blocking_threads(settings.workers)
        .enable_all()
        .build()?
        .block_on(serve(settings))
}

async fn serve(settings: Settings) -> Result<(), Error> {
    let pools = Pools::open(&settings).await?;
    let app = App::new(pools, &settings.jwt_secret, derive, Handle::current())?;
    let listener = TcpListener::bind(settings.listen).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app.router())
        .tcp_nodelay(true)
        .await?;
    Ok(())
}

/// SQLite has one writer at a time: waiting in a queue is better than in its busy handler.
struct Pools {
    readers: SqlitePool,
    writer: SqlitePool,
}

impl Pools {
    async fn open(settings: &Settings) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(&settings.database)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let pool = |connections| {
            SqlitePoolOptions::new()
                .min_connections(connections)
                .max_connections(connections)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        let writer = pool(1).connect_with(options.clone()).await?;
        sqlx::query(SCHEMA).execute(&writer).await?;
        let readers = u32::try_from(settings.workers)?;
        let readers = pool(readers).connect_with(options.read_only(true)).await?;
        Ok(Self { readers, writer })
    }
}

impl Store for Pools {
    async fn by_id(&self, id: i64) -> Result<Option<User>, Error> {
        Ok(sqlx::query_as(BY_ID)
            .bind(id)
            .fetch_optional(&self.readers)
            .await?)
    }

    async fn by_email_key(&self, key: String) -> Result<Option<Credentials>, Error> {
        Ok(sqlx::query_as(BY_EMAIL_KEY)
            .bind(key)
            .fetch_optional(&self.readers)
            .await?)
    }

    async fn insert(&self, new: NewUser) -> Result<Option<User>, Error> {
        let id = sqlx::query_scalar(INSERT)
            .bind(&new.email)
            .bind(&new.email_key)
            .bind(&new.hashed_password)
            .bind(&new.created_at)
            .fetch_optional(&self.writer)
            .await?;
        Ok(id.map(|id| new.with_id(id)))
    }
}

/// In memory that the thread keeps: mapping 19 MiB anew costs as much again as the hash.
fn derive(password: &[u8], salt: &[u8; SALT_BYTES]) -> Result<[u8; HASH_BYTES], Error> {
    thread_local! {
        static MEMORY: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
    }
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(HASH_BYTES))?;
    let mut hash = [0; HASH_BYTES];
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(params.block_count(), Block::new());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, &mut hash, memory)
    })?;
    Ok(hash)
}
