//! The OAuth2 password form, urlencoded or multipart.

use axum::async_trait;
use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use serde_json::Value;

use crate::body::media_type;
use crate::problem::{Fault, Problem};

pub struct LogIn {
    pub username: String,
    pub password: String,
}

/// Of a field given twice the last counts.
#[derive(Default)]
struct Fields {
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

impl Fields {
    fn set(&mut self, name: &str, value: String) {
        match name {
            "grant_type" => self.grant_type = Some(value),
            "username" => self.username = Some(value),
            "password" => self.password = Some(value),
            _ => {}
        }
    }

    fn log_in(self) -> Result<LogIn, Problem> {
        let mut faults = Vec::new();
        // FastAPI's pattern is the bare word: it is enough that it occurs.
        if let Some(other) = self.grant_type.filter(|grant| !grant.contains("password")) {
            let msg = "String should match pattern 'password'";
            faults.push(
                Fault::in_body("string_pattern_mismatch", msg, other.into())
                    .at("grant_type")
                    .with("pattern", "password"),
            );
        }
        for (name, value) in [("username", &self.username), ("password", &self.password)] {
            if value.is_none() {
                faults.push(Fault::missing(Value::Null).at(name));
            }
        }
        match (self.username, self.password) {
            (Some(username), Some(password)) if faults.is_empty() => {
                Ok(LogIn { username, password })
            }
            _ => Err(Problem::Invalid(faults)),
        }
    }
}

#[async_trait]
impl<S: Send + Sync> FromRequest<S> for LogIn {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let fields = match media_type(request.headers()).as_deref() {
            Some("application/x-www-form-urlencoded") => urlencoded(request, state).await?,
            Some("multipart/form-data") => multipart(request, state).await?,
            _ => Fields::default(),
        };
        fields.log_in()
    }
}

async fn urlencoded<S: Send + Sync>(request: Request, state: &S) -> Result<Fields, Problem> {
    let body = Bytes::from_request(request, state)
        .await
        .map_err(|refused| Problem::Detail(refused.status(), refused.body_text()))?;
    let mut fields = Fields::default();
    for (name, value) in form_urlencoded::parse(&body) {
        fields.set(&name, value.into_owned());
    }
    Ok(fields)
}

/// Files are skipped: no field asks for one.
async fn multipart<S: Send + Sync>(request: Request, state: &S) -> Result<Fields, Problem> {
    let mut parts = Multipart::from_request(request, state)
        .await
        .map_err(|_| Problem::bad_request("Missing boundary in multipart."))?;
    let mut fields = Fields::default();
    while let Some(part) = parts
        .next_field()
        .await
        .map_err(|_| Problem::unreadable())?
    {
        let Some(name) = part.name().map(str::to_owned) else {
            return Err(Problem::bad_request(
                "The Content-Disposition header field \"name\" must be provided.",
            ));
        };
        if part.file_name().is_none() {
            fields.set(&name, part.text().await.map_err(|_| Problem::unreadable())?);
        }
    }
    Ok(fields)
}
