//! An endpoint of one's own.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Guest {
    #[serde(default = "world")]
    name: String,
}

#[derive(Serialize)]
struct Hello {
    message: String,
}

fn world() -> String {
    "world".to_owned()
}

async fn say_hello(Query(guest): Query<Guest>) -> Result<Json<Hello>, StatusCode> {
    if guest.name.chars().count() > 40 {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let message = format!("Hello, {}!", guest.name);
    Ok(Json(Hello { message }))
}

#[tokio::main]
async fn main() {
    let port = std::env::var("PORT").expect("PORT");
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .expect("listen");
    let app = Router::new().route("/", get(say_hello));
    axum::serve(listener, app).await.expect("serve");
}
