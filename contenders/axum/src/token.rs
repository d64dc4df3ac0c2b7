//! HS256 access tokens of 30 minutes; `sub` is the id as a text.

use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::store::Error;

pub const LIFE: TimeDelta = TimeDelta::minutes(30);

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
}

/// Keys and rules, made once.
pub struct Tokens {
    header: Header,
    signing: EncodingKey,
    verifying: DecodingKey,
    rules: Validation,
}

impl Tokens {
    pub fn new(secret: &str) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = 0;
        rules.validate_nbf = true;
        rules.set_required_spec_claims(&["exp", "sub"]);
        Self {
            header: Header::new(Algorithm::HS256),
            signing: EncodingKey::from_secret(secret.as_bytes()),
            verifying: DecodingKey::from_secret(secret.as_bytes()),
            rules,
        }
    }

    pub fn issue(&self, user_id: i64) -> Result<String, Error> {
        let claims = Claims {
            sub: user_id.to_string(),
            exp: (Utc::now() + LIFE).timestamp(),
        };
        Ok(encode(&self.header, &claims, &self.signing)?)
    }

    pub fn user_id(&self, token: &str) -> Option<i64> {
        let token = decode::<Claims>(token, &self.verifying, &self.rules).ok()?;
        token.claims.sub.parse().ok()
    }
}
