//! E-mail addresses as Pydantic's `EmailStr` takes and answers them, which are the rules of
//! email-validator 2 without asking the DNS.  README.md says what is told in other words.

use std::collections::BTreeSet;
use std::iter::once;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup as Group, UnicodeGeneralCategory};

const TEXT_MAX: usize = 2048;
const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 253;
const LABEL_MAX: usize = 63;
const SPECIAL_USE: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];
const LOWER_CASE_MAILBOXES: [&str; 15] = [
    "info",
    "marketing",
    "sales",
    "support",
    "abuse",
    "noc",
    "security",
    "postmaster",
    "hostmaster",
    "usenet",
    "news",
    "webmaster",
    "www",
    "uucp",
    "ftp",
];

/// Two addresses with one key are one account: ASCII letters of any case are the same.
pub fn key(email: &str) -> String {
    email.to_ascii_lowercase()
}

/// The address as it is kept and answered, or why it is refused.
pub fn normalize(text: &str) -> Result<String, String> {
    if text.chars().count() > TEXT_MAX {
        return refuse(format!("Length must not exceed {TEXT_MAX} characters"));
    }
    let address = without_display_name(text).unwrap_or(text).trim();
    let (local, domain) = split(address)?;
    let local = normalize_local(local)?;
    let (domain, ascii) = normalize_domain(domain)?;
    let normal = local.len() + 1 + domain.len().max(ascii.len());
    match normal.max(address.len()).saturating_sub(ADDRESS_BYTES_MAX) {
        0 => Ok(format!("{local}@{domain}")),
        excess if address.is_ascii() => refuse(format!(
            "The email address is too long ({}).",
            too_many(excess)
        )),
        excess => refuse(format!(
            "The email address is too long after normalization ({} too many).",
            count(excess, "byte")
        )),
    }
}

/// What stands in angle brackets after a name of words or in quotes.
fn without_display_name(text: &str) -> Option<&str> {
    let (name, address) = text.trim().strip_suffix('>')?.split_once('<')?;
    let name = name.trim();
    let quoted = name.len() > 2 && name.starts_with('"') && name.ends_with('"');
    let words = || {
        name.chars()
            .all(|c| is_atom(c) || c.is_alphanumeric() || c.is_whitespace())
    };
    (quoted || words()).then_some(address)
}

fn split(address: &str) -> Result<(&str, &str), String> {
    if let Some((quoted, _)) = address
        .strip_prefix('"')
        .and_then(|rest| rest.split_once("\"@"))
    {
        return refuse(match quoted {
            "" => "There must be something before the @-sign.",
            _ => "Quoting the part before the @-sign is not allowed here.",
        });
    }
    let special = address.find(['@', '<', '"']).map(|at| address.split_at(at));
    match special.map(|(local, rest)| (local, rest.split_at(1))) {
        Some((local, ("@", domain))) => Ok((local, domain)),
        Some((_, ("<", _))) => refuse(
            "An open angle bracket at the start of the email address has to be followed by a close \
             angle bracket at the end.",
        ),
        _ => refuse("An email address must have an @-sign."),
    }
}

fn normalize_local(local: &str) -> Result<String, String> {
    const INVALID: &str = "The email address contains invalid characters before the @-sign";

    if local.is_empty() {
        return refuse("There must be something before the @-sign.");
    }
    let excess = local.chars().count().saturating_sub(LOCAL_MAX);
    if excess > 0 {
        let excess = too_many(excess);
        return refuse(format!(
            "The email address is too long before the @-sign ({excess})."
        ));
    }
    let allowed = |c: char| is_atom(c) || c == '.' || !c.is_ascii();
    refuse_others(INVALID, local, allowed)?;
    check_periods(
        local,
        "An email address cannot start with a period.",
        "An email address cannot have a period immediately before the @-sign.",
    )?;
    refuse_unsafe(local)?;
    let normal: String = local.nfc().collect();
    refuse_others(
        &format!("After Unicode normalization: {INVALID}"),
        &normal,
        allowed,
    )?;
    let lower = normal.to_ascii_lowercase();
    Ok(if LOWER_CASE_MAILBOXES.contains(&lower.as_str()) {
        lower
    } else {
        normal
    })
}

/// The domain as it is shown and as the DNS has it.
fn normalize_domain(domain: &str) -> Result<(String, String), String> {
    if domain.is_empty() {
        return refuse("There must be something after the @-sign.");
    }
    if domain.starts_with('[') && domain.ends_with(']') {
        return refuse("A bracketed IP address after the @-sign is not allowed here.");
    }
    let mapped = map_domain(domain)?;
    check_periods(
        &mapped,
        "An email address cannot have a period immediately after the @-sign.",
        "An email address cannot end with a period.",
    )?;
    check_hyphens(&mapped)?;
    let (ascii, shown) = convert_domain(&mapped)?;
    check_domain_lengths(&ascii, ascii.eq_ignore_ascii_case(domain))?;
    if !ascii.contains('.') {
        return refuse("The part after the @-sign is not valid. It should have a period.");
    }
    if !ascii.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return refuse(
            "The part after the @-sign is not valid. It is not within a valid top-level domain.",
        );
    }
    if ascii
        .rsplit('.')
        .next()
        .is_some_and(|last| SPECIAL_USE.contains(&last))
    {
        return refuse(
            "The part after the @-sign is a special-use or reserved name that cannot be used with \
             email.",
        );
    }
    Ok((shown, ascii))
}

/// Lower case, one form of each letter, full stops of every script as periods.
fn map_domain(domain: &str) -> Result<String, String> {
    const INVALID: &str = "The part after the @-sign contains invalid characters";

    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.') || !c.is_ascii();
    refuse_others(INVALID, domain, allowed)?;
    refuse_unsafe(domain)?;
    let hides_period = |c: char| !matches!(c, '.' | '．') && once(c).nfkc().any(|c| c == '.');
    if domain.contains(hides_period) {
        return refuse(format!("{INVALID}."));
    }
    let mapped: String = domain.nfkc().flat_map(char::to_lowercase).nfc().collect();
    let mapped = mapped.replace('。', ".");
    refuse_others(
        &format!("{INVALID} after Unicode normalization"),
        &mapped,
        allowed,
    )?;
    Ok(mapped)
}

fn check_hyphens(domain: &str) -> Result<(), String> {
    let reserved =
        |label: &str| label.chars().skip(2).take(2).eq(['-', '-']) && !label.starts_with("xn");
    if domain.ends_with('-') {
        return refuse("An email address cannot end with a hyphen.");
    }
    if domain.starts_with('-') {
        return refuse("An email address cannot have a hyphen immediately after the @-sign.");
    }
    if domain.contains(".-") || domain.contains("-.") {
        return refuse("An email address cannot have a period and a hyphen next to each other.");
    }
    if domain.split('.').any(reserved) {
        return refuse(
            "An email address cannot have two letters followed by two dashes immediately after \
             the @-sign or after a period, except Punycode.",
        );
    }
    Ok(())
}

/// A-labels and U-labels; of the latter only what IDNA 2008 allows.
fn convert_domain(mapped: &str) -> Result<(String, String), String> {
    const INVALID: &str = "The part after the @-sign is not valid IDNA.";

    let (uts46, deny) = (Uts46::new(), AsciiDenyList::EMPTY);
    let (shown, valid) = uts46.to_unicode(mapped.as_bytes(), deny, Hyphens::Allow);
    valid.map_err(|_| INVALID)?;
    let ascii = uts46
        .to_ascii(mapped.as_bytes(), deny, Hyphens::Allow, DnsLength::Ignore)
        .map_err(|_| INVALID)?;
    let allowed = |c: char| {
        let group = c.general_category_group();
        let digit = c.general_category() == GeneralCategory::DecimalNumber;
        c.is_ascii() || digit || matches!(group, Group::Letter | Group::Mark)
    };
    if !shown.chars().all(allowed) {
        return refuse(INVALID);
    }
    Ok((ascii.into_owned(), shown.into_owned()))
}

fn check_domain_lengths(ascii: &str, as_sent: bool) -> Result<(), String> {
    const TOO_LONG: &str = "The email address is too long after the @-sign";

    match ascii.len().saturating_sub(DOMAIN_MAX) {
        0 => {}
        excess if as_sent => return refuse(format!("{TOO_LONG} ({}).", too_many(excess))),
        excess => {
            return refuse(format!(
                "{TOO_LONG} ({} too many after IDNA encoding).",
                count(excess, "byte")
            ));
        }
    }
    match ascii
        .split('.')
        .map(str::len)
        .find(|&length| length > LABEL_MAX)
    {
        None => Ok(()),
        Some(length) => refuse(format!(
            "After the @-sign, periods cannot be separated by so many characters ({}).",
            too_many(length - LABEL_MAX)
        )),
    }
}

fn check_periods(part: &str, at_start: &str, at_end: &str) -> Result<(), String> {
    if part.ends_with('.') {
        return refuse(at_end);
    }
    if part.starts_with('.') {
        return refuse(at_start);
    }
    if part.contains("..") {
        return refuse("An email address cannot have two periods in a row.");
    }
    Ok(())
}

/// What RFC 5322 calls atext.
fn is_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

fn refuse_others(what: &str, part: &str, allowed: impl Fn(char) -> bool) -> Result<(), String> {
    let others: BTreeSet<String> = part.chars().filter(|&c| !allowed(c)).map(display).collect();
    if others.is_empty() {
        return Ok(());
    }
    refuse(format!("{what}: {}.", Vec::from_iter(others).join(", ")))
}

/// Refuses what does not show, or would change how its neighbours look.
fn refuse_unsafe(part: &str) -> Result<(), String> {
    let safe = |(at, c): (usize, char)| match c.general_category_group() {
        Group::Letter | Group::Number | Group::Punctuation | Group::Symbol => true,
        Group::Mark => at > 0,
        _ => false,
    };
    let unsafe_chars: BTreeSet<char> = part
        .chars()
        .enumerate()
        .filter(|&found| !safe(found))
        .map(|(_, c)| c)
        .collect();
    let shown: Vec<String> = unsafe_chars.into_iter().map(display).collect();
    if shown.is_empty() {
        return Ok(());
    }
    refuse(format!(
        "The email address contains unsafe characters: {}.",
        shown.join(", ")
    ))
}

fn display(c: char) -> String {
    match c.general_category_group() {
        _ if c == ' ' => "SPACE".into(),
        _ if c == '\\' => "\"\\\"".into(),
        _ if c == '\'' => "\"'\"".into(),
        Group::Letter | Group::Number | Group::Punctuation | Group::Symbol => format!("'{c}'"),
        _ => format!("U+{:04X}", u32::from(c)),
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn too_many(characters: usize) -> String {
    count(characters, "character") + " too many"
}

fn refuse<T>(reason: impl Into<String>) -> Result<T, String> {
    Err(reason.into())
}
