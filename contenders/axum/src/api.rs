//! The endpoints.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::routing::{get, post};
use axum::{Json, Router, async_trait};
use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::body::{Body, Input, Members};
use crate::email;
use crate::form::LogIn;
use crate::password::{self, Derive};
use crate::problem::Problem;
use crate::store::{Error, NewUser, Store, User};
use crate::token::{self, Tokens};

pub struct App<S> {
    store: S,
    tokens: Tokens,
    derive: Derive,
    /// Whose blocking threads hash: as many as may hash at once.
    hashing: Handle,
    /// Checked when there is no such user, so that the time does not tell.
    hash_of_nobody: String,
}

impl<S: Store> App<S> {
    pub fn new(store: S, secret: &str, derive: Derive, hashing: Handle) -> Result<Self, Error> {
        let hash_of_nobody = password::hash(derive, "nobody")?;
        Ok(Self {
            store,
            tokens: Tokens::new(secret),
            derive,
            hashing,
            hash_of_nobody,
        })
    }

    pub fn router(self) -> Router {
        Router::new()
            .route(
                "/register",
                post(register::<S>).fallback(method_not_allowed),
            )
            .route("/token", post(log_in::<S>).fallback(method_not_allowed))
            .route("/users/me", get(me).fallback(method_not_allowed))
            .route("/json", post(echo).fallback(method_not_allowed))
            .route("/health/live", get(live).fallback(method_not_allowed))
            .fallback(not_found)
            .with_state(Arc::new(self))
    }

    async fn hashing<T: Send + 'static>(
        &self,
        work: impl FnOnce(Derive) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let derive = self.derive;
        Ok(self.hashing.spawn_blocking(move || work(derive)).await??)
    }
}

struct UserCreate {
    email: String,
    password: String,
}

impl Input for UserCreate {
    fn read(members: &mut Members) -> Option<Self> {
        let email = members.email("email");
        let password = members.text("password", 8, 1024);
        Some(Self {
            email: email?,
            password: password?,
        })
    }
}

async fn register<S: Store>(
    State(app): State<Arc<App<S>>>,
    Body(user): Body<UserCreate>,
) -> Result<(StatusCode, Json<User>), Problem> {
    let hashed_password = app
        .hashing(move |derive| password::hash(derive, &user.password))
        .await?;
    let new = NewUser {
        email_key: email::key(&user.email),
        email: user.email,
        hashed_password,
        created_at: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
    };
    match app.store.insert(new).await? {
        Some(user) => Ok((StatusCode::CREATED, Json(user))),
        None => Err(Problem::bad_request("Email already registered")),
    }
}

#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
}

async fn log_in<S: Store>(
    State(app): State<Arc<App<S>>>,
    form: LogIn,
) -> Result<Json<TokenResponse>, Problem> {
    let found = app.store.by_email_key(email::key(&form.username)).await?;
    let (id, stored) = match found {
        Some(user) => (user.is_active.then_some(user.id), user.hashed_password),
        None => (None, app.hash_of_nobody.clone()),
    };
    let good = app
        .hashing(move |derive| password::verify(derive, &stored, &form.password))
        .await?;
    match id.filter(|_| good) {
        Some(id) => Ok(Json(TokenResponse {
            access_token: app.tokens.issue(id)?,
            token_type: "bearer",
            expires_in: token::LIFE.num_seconds(),
        })),
        None => {
            let detail = "Incorrect email or password".to_owned();
            Err(Problem::Detail(StatusCode::UNAUTHORIZED, detail))
        }
    }
}

/// The user whose token came with the request.
struct CurrentUser(User);

#[async_trait]
impl<S: Store> FromRequestParts<Arc<App<S>>> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App<S>>) -> Result<Self, Problem> {
        const REFUSED: Problem = Problem::Unauthorized("Could not validate credentials");

        let token = bearer(parts).ok_or(Problem::Unauthorized("Not authenticated"))?;
        let token = str::from_utf8(token).map_err(|_| REFUSED)?;
        let id = app.tokens.user_id(token).ok_or(REFUSED)?;
        let user = app.store.by_id(id).await?;
        user.filter(|user| user.is_active).map(Self).ok_or(REFUSED)
    }
}

/// What follows the scheme, if that is Bearer: no token at all is one that is refused.
fn bearer(parts: &Parts) -> Option<&[u8]> {
    let value = parts.headers.get(header::AUTHORIZATION)?.as_bytes();
    let end = value
        .iter()
        .position(|&byte| byte == b' ')
        .unwrap_or(value.len());
    let (scheme, rest) = value.split_at(end);
    scheme
        .eq_ignore_ascii_case(b"bearer")
        .then(|| rest.get(1..).unwrap_or_default())
}

async fn me(CurrentUser(user): CurrentUser) -> Json<User> {
    Json(user)
}

#[derive(Deserialize)]
struct Action {
    user_id: i64,
    action: String,
}

impl Action {
    const MAX: usize = 64;
}

impl Input for Action {
    fn quick(body: &[u8]) -> Option<Self> {
        let action: Self = serde_json::from_slice(body).ok()?;
        (action.action.len() <= Self::MAX).then_some(action)
    }

    fn read(members: &mut Members) -> Option<Self> {
        let user_id = members.integer("user_id");
        let action = members.text("action", 0, Self::MAX);
        Some(Self {
            user_id: user_id?,
            action: action?,
        })
    }
}

#[derive(Serialize)]
struct ActionResponse {
    user_id: i64,
    action: String,
    status: &'static str,
}

/// The benchmark's workload: validate a small object and answer it.
async fn echo(Body(Action { user_id, action }): Body<Action>) -> Json<ActionResponse> {
    Json(ActionResponse {
        user_id,
        action,
        status: "ok",
    })
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

async fn not_found() -> Problem {
    Problem::Detail(StatusCode::NOT_FOUND, "Not Found".to_owned())
}

async fn method_not_allowed() -> Problem {
    Problem::Detail(
        StatusCode::METHOD_NOT_ALLOWED,
        "Method Not Allowed".to_owned(),
    )
}
