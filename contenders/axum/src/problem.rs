//! Whatever is not a success, in the shapes that FastAPI gives it.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::store::Error;

/// One entry of a 422, as Pydantic writes it.
#[derive(Serialize)]
pub struct Fault {
    pub r#type: &'static str,
    pub loc: Vec<Value>,
    pub msg: String,
    pub input: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<Value>,
}

impl Fault {
    pub fn in_body(r#type: &'static str, msg: impl Into<String>, input: Value) -> Self {
        Self {
            r#type,
            loc: vec!["body".into()],
            msg: msg.into(),
            input,
            ctx: None,
        }
    }

    pub fn missing(input: Value) -> Self {
        Self::in_body("missing", "Field required", input)
    }

    pub fn at(mut self, place: impl Into<Value>) -> Self {
        self.loc.push(place.into());
        self
    }

    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.ctx = Some(json!({ name: value.into() }));
        self
    }
}

pub enum Problem {
    Detail(StatusCode, String),
    Unauthorized(&'static str),
    Invalid(Vec<Fault>),
    Internal(Error),
}

impl Problem {
    pub fn bad_request(detail: &str) -> Self {
        Self::Detail(StatusCode::BAD_REQUEST, detail.to_owned())
    }

    pub fn unreadable() -> Self {
        Self::bad_request("There was an error parsing the body")
    }
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Internal(error.into())
    }
}

#[derive(Serialize)]
struct Answer<T> {
    detail: T,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match self {
            Self::Detail(status, detail) => (status, Json(Answer { detail })).into_response(),
            Self::Unauthorized(detail) => {
                let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
                (StatusCode::UNAUTHORIZED, challenge, Json(Answer { detail })).into_response()
            }
            Self::Invalid(detail) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Json(Answer { detail })).into_response()
            }
            Self::Internal(error) => {
                eprintln!("error: {error}");
                let detail = "Internal Server Error";
                (StatusCode::INTERNAL_SERVER_ERROR, Json(Answer { detail })).into_response()
            }
        }
    }
}
