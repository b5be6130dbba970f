//! The machines of a cluster, as processes of this one: a scheduler, executors, an authority and its certificates, a
//! bucket.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::workspace::binary;

/// Long enough for any step on a busy machine; a test that waits so long fails.
const PATIENCE: Duration = Duration::from_mins(3);

/// A process whose lines are kept; it dies with its owner.
pub(super) struct Machine {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    /// Its temporary files, which one that is killed leaves behind.
    _temporary: tempfile::TempDir,
}

impl Machine {
    pub(super) fn start(mut command: Command) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        command.env("TMPDIR", temporary.path());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let streams: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let lines = lines.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    lines.lock().unwrap().push(line);
                }
            });
        }
        Self { child, lines, _temporary: temporary }
    }

    /// How many lines hold the words.
    pub(super) fn count(&self, words: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| line.contains(words)).count()
    }

    /// Waits until so many lines hold the words; answers the last of them.
    #[track_caller]
    pub(super) fn wait_for(&mut self, words: &str, times: usize) -> String {
        let begun = Instant::now();
        loop {
            let found = self.lines.lock().unwrap().iter().filter(|line| line.contains(words)).nth(times - 1).cloned();
            if let Some(line) = found {
                return line;
            }
            assert!(begun.elapsed() < PATIENCE, "no {times} x `{words}`:\n{}", self.text());
            assert!(self.child.try_wait().unwrap().is_none(), "ended without {times} x `{words}`:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// As when the power goes.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As a service manager ends it.
    pub(super) fn terminate(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits for the end; answers the exit code.
    #[track_caller]
    pub(super) fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The readers may still hold the last lines.
                std::thread::sleep(Duration::from_millis(50));
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An authority of our own with the certificates that it gave out.
pub(super) struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = Self { folder };
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "authority.key"];
        made.openssl(&["req", "-x509"], &[&key[..], &["-out", "authority.pem", "-subj", "/CN=authority"]].concat());
        made
    }

    /// A certificate for a machine at localhost.
    pub(super) fn certify(&self, name: &str) {
        let (key, request, certificate) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        let subject = format!("/CN={name}");
        let make =
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", &key, "-out", &request];
        let names = ["-subj", &subject, "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
        self.openssl(&["req"], &[&make[..], &names[..]].concat());
        let by = ["-req", "-in", &request, "-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial"];
        self.openssl(&["x509"], &[&by[..], &["-out", &certificate, "-copy_extensions", "copy"]].concat());
    }

    pub(super) fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// What the scheduler's list says of a machine.
    pub(super) fn list_line(&self, name: &str) -> String {
        let certificate = format!("{name}.pem");
        let printed = self.openssl(&["x509"], &["-noout", "-fingerprint", "-sha256", "-in", &certificate]);
        format!("{} {name}\n", printed.trim().rsplit('=').next().unwrap())
    }

    /// How a machine shows who it is.
    pub(super) fn arguments(&self, name: &str) -> Vec<String> {
        let mut arguments = Vec::new();
        for (flag, file) in [
            ("--authority", "authority.pem".to_owned()),
            ("--certificate", format!("{name}.pem")),
            ("--key", format!("{name}.key")),
        ] {
            arguments.extend([flag.to_owned(), self.path(&file).to_str().unwrap().to_owned()]);
        }
        arguments
    }

    /// The same as settings of an application.
    pub(super) fn settings(&self, name: &str) -> String {
        let file = |file: &str| self.path(file).to_str().unwrap().to_owned();
        format!(
            "authority = \"{}\"\ncertificate = \"{}\"\nkey = \"{}\"\n",
            file("authority.pem"),
            file(&format!("{name}.pem")),
            file(&format!("{name}.key"))
        )
    }

    fn openssl(&self, verb: &[&str], arguments: &[&str]) -> String {
        let mut command = Command::new("openssl");
        let output = command.current_dir(self.folder.path()).args(verb).args(arguments).output().unwrap();
        assert!(output.status.success(), "openssl: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// How machines of a test know each other.
pub(super) enum Trust {
    Insecure,
    Certificates(Authority),
}

impl Trust {
    /// The settings of an application of the name.
    pub(super) fn settings(&self, name: &str) -> String {
        match self {
            Self::Insecure => "insecure = true\n".to_owned(),
            Self::Certificates(authority) => authority.settings(name),
        }
    }

    fn arguments(&self, name: &str) -> Vec<String> {
        match self {
            Self::Insecure => vec!["--insecure".to_owned()],
            Self::Certificates(authority) => authority.arguments(name),
        }
    }
}

/// Everything that was sent to a port.
pub(super) type Recording = Arc<Mutex<Vec<u8>>>;

/// A port that passes everything on to another, and what was sent to it so far.
pub(super) fn recorder(to: u16) -> (u16, Recording) {
    let (listener, recording) = (TcpListener::bind("127.0.0.1:0").unwrap(), Recording::default());
    let (port, sent) = (listener.local_addr().unwrap().port(), recording.clone());
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let (back_from, back_to) = (far.try_clone().unwrap(), near.try_clone().unwrap());
            let sent = sent.clone();
            std::thread::spawn(move || pass(near, far, Some(&sent)));
            std::thread::spawn(move || pass(back_from, back_to, None));
        }
    });
    (port, recording)
}

fn pass(mut from: TcpStream, mut to: TcpStream, recording: Option<&Recording>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if let Some(recording) = recording {
            recording.lock().unwrap().extend_from_slice(&buffer[..length]);
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

/// A port of this machine that is free now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A scheduler that listens.
pub(super) fn scheduler(port: u16, trust: &Trust) -> Machine {
    let mut command = binary();
    command.args(["cluster", "scheduler", "--executor-timeout", "10", "--bind"]).arg(format!("127.0.0.1:{port}"));
    command.args(trust.arguments("scheduler"));
    if let Trust::Certificates(authority) = trust {
        command.arg("--allow").arg(authority.path("allowed"));
    }
    let mut scheduler = Machine::start(command);
    scheduler.wait_for("scheduler listens on", 1);
    scheduler
}

/// An executor of two slots that has found its scheduler.
pub(super) fn executor(port: u16, trust: &Trust, warehouse: &str, environment: &[(&str, String)]) -> Machine {
    let mut executor = Machine::start(executor_command(port, &trust.arguments("executor"), warehouse, environment));
    executor.wait_for("executor is ready", 1);
    executor
}

pub(super) fn executor_command(
    port: u16,
    identity: &[String],
    warehouse: &str,
    environment: &[(&str, String)],
) -> Command {
    let mut command = binary();
    command.args(["cluster", "executor", "--slots", "2", "--warehouse", warehouse, "--scheduler"]);
    command.arg(format!("df://localhost:{port}")).args(identity);
    command.envs(environment.iter().map(|(name, value)| (*name, value)));
    command
}

/// A bucket of S3-compatible storage, and what a process must know to use it; `None` where no emulator is installed.
pub(super) fn bucket() -> Option<(Machine, Vec<(&'static str, String)>)> {
    let target = Path::new(env!("CARGO_BIN_EXE_poverty-watch")).parent()?.parent()?.join("readers/bin/moto_server");
    let server = std::env::var_os("MOTO_SERVER").map_or(target, PathBuf::from);
    if !server.exists() {
        let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!is_ci, "{} is missing: pip install -r tests/readers/requirements.txt", server.display());
        println!("!! NOT CHECKED: storage in a bucket (moto is not installed)");
        return None;
    }
    let port = free_port();
    let mut command = Command::new(server);
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    let mut moto = Machine::start(command);
    moto.wait_for("Running on", 1);
    let url = format!("http://127.0.0.1:{port}");
    let environment = vec![
        ("AWS_ENDPOINT", url.clone()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "an-access-key-id".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", super::SECRET.to_owned()),
    ];
    // The emulator asks nobody who he is; making a bucket is one call.
    let mut call = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let host = format!("Host: 127.0.0.1:{port}");
    write!(call, "PUT /warehouse HTTP/1.1\r\n{host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    call.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "no bucket could be made: {reply}");
    Some((moto, environment))
}
