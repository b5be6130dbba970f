//! Writing a path or a word so that each target reads it as it is.

/// For a systemd command line: quoted, with specifiers and variables taken for text.
pub(super) fn systemd(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if is_plain(text) { escaped } else { format!("\"{escaped}\"") }
}

/// For a systemd list of paths, which knows specifiers but no variables.
pub(super) fn systemd_path(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    if is_plain(text) { escaped } else { format!("\"{escaped}\"") }
}

/// For a crontab line: the shell's quotes, and `%`, which cron takes for a line's end, behind a backslash.
pub(super) fn crontab(text: &str) -> String {
    let quoted = if is_plain(text) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) };
    // Inside the shell's quotes a backslash would stay: the quotes are closed around it.
    if is_plain(text) { quoted.replace('%', "\\%") } else { quoted.replace('%', "'\\%'") }
}

/// For YAML and Python: a JSON string is a string there too.
pub(super) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+:@%=,".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_come_through() {
        assert_eq!(systemd("/srv/a b%c$d"), "\"/srv/a b%%c$$d\"");
        assert_eq!(systemd_path("/srv/a%b"), "/srv/a%%b");
        assert_eq!(crontab("/srv/a b's%"), "'/srv/a b'\\''s'\\%''");
        assert_eq!(json("a\"b\n"), r#""a\"b\n""#);
    }
}
