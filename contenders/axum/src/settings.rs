//! What the environment says: `LISTEN`, `DATABASE`, `JWT_SECRET` (required) and `WORKERS`.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread::available_parallelism;

use crate::store::Error;

pub struct Settings {
    pub listen: SocketAddr,
    pub database: PathBuf,
    pub jwt_secret: String,
    pub workers: usize,
}

impl Settings {
    pub fn from_env() -> Result<Self, Error> {
        let listen = env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:8000".to_owned());
        let workers = match env::var("WORKERS") {
            Ok(text) => text
                .parse()
                .map_err(|_| format!("WORKERS is not a number: {text}"))?,
            Err(_) => available_parallelism()?.get(),
        };
        Ok(Self {
            listen: listen
                .parse()
                .map_err(|_| format!("LISTEN is not an address: {listen}"))?,
            database: env::var_os("DATABASE")
                .unwrap_or_else(|| "accounts.db".into())
                .into(),
            jwt_secret: env::var("JWT_SECRET").map_err(|_| "JWT_SECRET must be set")?,
            workers: workers.max(1),
        })
    }
}
