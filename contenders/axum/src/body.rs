//! JSON bodies, read as Pydantic's lax mode reads them: numbers and booleans coerced, unknown
//! members ignored, every fault in one answer.

use std::num::{IntErrorKind, ParseIntError};

use axum::async_trait;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Number, Value};

use crate::email;
use crate::problem::{Fault, Problem};

/// What a JSON body may become.
pub trait Input: Sized {
    /// The common case in one pass; `None` when the long way has to say what is wrong, if anything.
    fn quick(_body: &[u8]) -> Option<Self> {
        None
    }

    /// Member by member; `None` when a fault was noted.
    fn read(members: &mut Members) -> Option<Self>;
}

/// An extractor like `axum::Json`, with FastAPI's refusals.
pub struct Body<T>(pub T);

#[async_trait]
impl<T: Input, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|refused| Problem::Detail(refused.status(), refused.body_text()))?;
        match is_json.then(|| T::quick(&bytes)).flatten() {
            Some(input) => Ok(Self(input)),
            None => explain(&bytes, is_json).map(Self),
        }
    }
}

/// The media type in lower case, without parameters.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_none_or(|media| match media.split_once('/') {
        Some(("application", subtype)) => subtype == "json" || subtype.ends_with("+json"),
        _ => media.is_empty(),
    })
}

fn explain<T: Input>(bytes: &[u8], is_json: bool) -> Result<T, Problem> {
    if bytes.is_empty() {
        return Err(Problem::Invalid(vec![Fault::missing(Value::Null)]));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::unreadable())?;
    let value = if is_json { parse(text)? } else { text.into() };
    match value {
        Value::Object(object) => {
            let mut members = Members {
                object,
                faults: Vec::new(),
            };
            T::read(&mut members).ok_or(Problem::Invalid(members.faults))
        }
        Value::Null => Err(Problem::Invalid(vec![Fault::missing(Value::Null)])),
        other => Err(Problem::Invalid(vec![Fault::in_body(
            "model_attributes_type",
            "Input should be a valid dictionary or object to extract fields from",
            other,
        )])),
    }
}

fn parse(text: &str) -> Result<Value, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    serde_json::from_str(text).map_err(|error| {
        let lines = text
            .split_inclusive('\n')
            .take(error.line().saturating_sub(1));
        let offset = lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or_default();
        Problem::Invalid(vec![
            Fault::in_body(
                "json_invalid",
                "JSON decode error",
                Value::Object(Map::new()),
            )
            .at(offset)
            .with("error", reason),
        ])
    })
}

/// The members of an object and the faults found in them so far.
pub struct Members {
    object: Map<String, Value>,
    faults: Vec<Fault>,
}

impl Members {
    pub fn text(&mut self, name: &'static str, min: usize, max: usize) -> Option<String> {
        let text = match self.object.get(name) {
            None => return self.missing(name),
            Some(Value::String(text)) => text,
            Some(_) => {
                let fault = self.fault(name, "string_type", "Input should be a valid string");
                return self.refuse(fault);
            }
        };
        let (kind, limit, most, bound) = match text.chars().count() {
            length if length < min => ("string_too_short", "min_length", "least", min),
            length if length > max => ("string_too_long", "max_length", "most", max),
            _ => return Some(text.clone()),
        };
        let msg = format!("String should have at {most} {bound} characters");
        self.refuse(self.fault(name, kind, msg).with(limit, bound))
    }

    pub fn email(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name, 0, usize::MAX)?;
        email::normalize(&text).map_or_else(
            |reason| {
                let msg = format!("value is not a valid email address: {reason}");
                self.refuse(self.fault(name, "value_error", msg).with("reason", reason))
            },
            Some,
        )
    }

    pub fn integer(&mut self, name: &'static str) -> Option<i64> {
        match integer_of(self.object.get(name)) {
            Ok(integer) => Some(integer),
            Err(None) => self.missing(name),
            Err(Some((kind, msg))) => self.refuse(self.fault(name, kind, msg)),
        }
    }

    fn missing<T>(&mut self, name: &'static str) -> Option<T> {
        self.refuse(Fault::missing(Value::Object(self.object.clone())).at(name))
    }

    fn fault(&self, name: &'static str, kind: &'static str, msg: impl Into<String>) -> Fault {
        Fault::in_body(kind, msg, self.object[name].clone()).at(name)
    }

    fn refuse<T>(&mut self, fault: Fault) -> Option<T> {
        self.faults.push(fault);
        None
    }
}

type Refusal = (&'static str, &'static str);

const NO_TYPE: Refusal = ("int_type", "Input should be a valid integer");
const NO_NUMBER: Refusal = (
    "int_parsing",
    "Input should be a valid integer, unable to parse string as an integer",
);
const FRACTION: Refusal = (
    "int_from_float",
    "Input should be a valid integer, got a number with a fractional part",
);
const TOO_BIG: Refusal = (
    "int_parsing_size",
    "Unable to parse input string as an integer, exceeded maximum size",
);

fn integer_of(value: Option<&Value>) -> Result<i64, Option<Refusal>> {
    match value {
        None => Err(None),
        Some(Value::Bool(truth)) => Ok(i64::from(*truth)),
        Some(Value::Number(number)) => integer_of_number(number).map_err(Some),
        Some(Value::String(text)) => integer_of_text(text.trim()).map_err(Some),
        Some(_) => Err(Some(NO_TYPE)),
    }
}

fn integer_of_number(number: &Number) -> Result<i64, Refusal> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;

    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => Ok(integer),
        (_, Some(real)) if real.fract() != 0.0 => Err(FRACTION),
        (_, Some(real)) if real.abs() < LIMIT => Ok(real as i64),
        _ => Err(TOO_BIG),
    }
}

/// Digits with a sign, single underscores between them and `.0` behind them, if need be.
fn integer_of_text(text: &str) -> Result<i64, Refusal> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return Err(NO_NUMBER),
        None => text,
    };
    if whole
        .trim_start_matches(['+', '-'])
        .split('_')
        .any(str::is_empty)
    {
        return Err(NO_NUMBER);
    }
    whole
        .replace('_', "")
        .parse()
        .map_err(|error: ParseIntError| match error.kind() {
            IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => TOO_BIG,
            _ => NO_NUMBER,
        })
}
