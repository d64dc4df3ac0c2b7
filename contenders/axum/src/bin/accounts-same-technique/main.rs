//! With Postern's technique: an event loop with a listener and an SQLite connection of its own on
//! each core, libsodium's hash in kept memory on threads that give way.

mod sodium;
mod sqlite;

use std::net::SocketAddr;
use std::sync::Barrier;
use std::thread;

use accounts::api::App;
use accounts::settings::Settings;
use accounts::store::Error;
use axum::Router;
use mimalloc::MiMalloc;
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const BACKLOG: u32 = 4096;
const HASHING_NICE: i32 = 10;

fn main() -> Result<(), Error> {
    let settings = Settings::from_env()?;
    sodium::init()?;
    let hashing = hashing_threads(settings.workers)?;
    let writer = sqlite::Writer::start(&settings.database)?;

    let mut address = settings.listen;
    let mut workers = Vec::new();
    for _ in 0..settings.workers {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(true)?;
        socket.bind(address)?;
        address = socket.local_addr()?;
        let store = sqlite::Sqlite::open(&settings.database, writer.clone())?;
        let handle = hashing.handle().clone();
        let app = App::new(store, &settings.jwt_secret, sodium::derive, handle)?;
        workers.push((socket, app.router()));
    }

    let listening = Barrier::new(settings.workers + 1);
    thread::scope(|scope| {
        for (socket, router) in workers {
            scope.spawn(|| serve(socket, router, &listening).expect("an event loop"));
        }
        listening.wait();
        println!("listening on http://{address}");
    });
    Ok(())
}

fn serve(socket: TcpSocket, router: Router, listening: &Barrier) -> Result<(), Error> {
    Builder::new_current_thread()
        .enable_io()
        .build()?
        .block_on(async {
            let listener = socket.listen(BACKLOG)?;
            listening.wait();
            axum::serve(listener, router).tcp_nodelay(true).await?;
            Ok(())
        })
}

/// A runtime for its blocking threads alone: one pool for all event loops.
fn hashing_threads(threads: usize) -> Result<Runtime, Error> {
    // On Linux each thread has a priority of its own.
    let give_way = || unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, HASHING_NICE);
    };
    Ok(Builder::new_current_thread()
        .max_blocking_threads(threads)
        .on_thread_start(give_way)
        .build()?)
}
