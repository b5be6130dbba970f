//! What the settings for a cluster need of each other. No IO: whether a file is there shows when it is read.

use super::{EngineKind, Settings};

/// A fault: the key where it stands, what is wrong, how to mend it.
pub type Fault = (&'static str, &'static str, &'static str);

impl Settings {
    /// What is wrong; `has_cluster` says whether this binary was built with one.
    #[must_use]
    pub fn cluster_faults(&self, has_cluster: bool) -> Vec<Fault> {
        let engine = &self.engine;
        let is_cluster = engine.engine == EngineKind::Cluster;
        let papers = [&engine.authority, &engine.certificate, &engine.key];
        let shown = papers.iter().filter(|path| !path.is_empty()).count();
        let build = "take a binary built with --features cluster, or leave the key out";
        let faults = [
            (is_cluster && !has_cluster, ("engine", "this binary was built without clusters", build)),
            (
                !self.warehouse.storage.is_empty() && !has_cluster,
                ("storage", "this binary was built without storage in buckets", build),
            ),
            (
                is_cluster && !engine.scheduler.starts_with("df://"),
                ("engine", "a cluster has a scheduler", "scheduler = \"df://host:50050\""),
            ),
            (
                is_cluster && !engine.insecure && shown < papers.len(),
                (
                    "engine",
                    "a cluster needs certificates",
                    "authority, certificate and key: PEM files; insecure = true only within one machine",
                ),
            ),
            (
                engine.insecure && shown > 0,
                ("insecure", "insecure = true stands beside certificates", "leave out the one or the other"),
            ),
        ];
        faults.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, fault)| fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(engine: &str, has_cluster: bool) -> Vec<Fault> {
        let settings: Settings = toml::from_str(&format!("policy = \"a\"\narea = \"990000\"\n{engine}")).unwrap();
        settings.cluster_faults(has_cluster)
    }

    #[test]
    fn a_cluster_needs_a_binary_a_scheduler_and_certificates() {
        let whole = "[engine]\nengine = \"cluster\"\nscheduler = \"df://s:50050\"\n";
        let papers = "authority = \"a.pem\"\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n";
        for sound in ["", &format!("{whole}{papers}"), &format!("{whole}insecure = true\n")] {
            assert!(faults(sound, true).is_empty(), "{sound}");
        }
        let wrong = [
            ("[engine]\nengine = \"cluster\"\ninsecure = true\n", true, "scheduler"),
            (whole, true, "certificates"),
            (&format!("{whole}certificate = \"c.pem\"\n"), true, "certificates"),
            (&format!("{whole}{papers}insecure = true\n"), true, "insecure"),
            (&format!("{whole}{papers}"), false, "without clusters"),
            ("[warehouse]\nstorage = \"s3://bucket/a\"\n", false, "without storage"),
        ];
        for (text, has_cluster, word) in wrong {
            let found = faults(text, has_cluster);
            assert!(found.len() == 1 && found[0].1.contains(word), "{text}: {found:?}");
        }
    }
}
