//! Offices that merge in the middle of a year, and lists of each third of a month, by the command line.

use crate::income_year::{claims, figure, listed, month, prefecture, row};
use crate::workspace::Workspace;

const OFFICES: &str = "code,recipient,name,list_title,valid_from,valid_to,successor\n\
MZ,civil_affairs,民政局,预警名单,,,\n\
NC,rural_affairs,农业农村局,预警名单,,,\n\
XC,rural_revitalisation,乡村振兴局,预警名单,,2026-02-28,rural_affairs\n";

fn with_policy(from: &str, to: &str) -> Workspace {
    let workspace = prefecture("withdraw");
    let path = workspace.root().join("pipelines/policies/fujian.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
    workspace.land("income", "2025.csv", figure(2025, "28134.00", 1, "2026-01-01").as_bytes());
    workspace
}

#[test]
fn a_merged_offices_list_continues_at_its_successor() {
    let from = "recipients = [\"civil_affairs\", \"rural_affairs\"]";
    let workspace = with_policy(from, "recipients = [\"rural_revitalisation\"]");
    workspace.write("pipelines/tables/offices.csv", OFFICES.as_bytes());
    workspace.ok(&["check"]);
    workspace.land("claims", "1.csv", claims("2026-01", &[(0, "30000.00"), (1, "31000.00")]).as_bytes());
    month(&workspace, "2026-02");
    let new = || row("new", "", "official");
    assert_eq!(listed(&workspace, "2026-02", "XC"), [(0, new()), (1, new())].into());
    assert!(listed(&workspace, "2026-02", "NC").is_empty());
    workspace.land("claims", "3.csv", claims("2026-03", &[(2, "30000.00")]).as_bytes());
    let paid =
        "报销编号,结算ID,身份证号,金额,支付方,支付日期\nA1,2026-01-1,990103196203050026,9000.00,二次报销,2026-03-12\n";
    workspace.land("adjustments", "a.csv", paid.as_bytes());
    month(&workspace, "2026-03");
    assert!(listed(&workspace, "2026-03", "XC").is_empty());
    let march = [(0, row("continuing", "", "official")), (1, row("withdrawn", "gone", "official")), (2, new())];
    assert_eq!(listed(&workspace, "2026-03", "NC"), march.into());
    let manifest = workspace.manifests("2026-03")["202603-990103-NC-FULL-v1"].clone();
    assert_eq!(manifest["previous"]["list_id"], "202602-990103-NC-NIL-v1", "its own series goes on");
    assert_eq!(manifest["took_over"][0]["list_id"], "202602-990103-XC-FULL-v1");
    assert_eq!((manifest["seq"].as_u64(), manifest["office_name"].as_str()), (Some(2), Some("农业农村局")));
    month(&workspace, "2026-04");
    let april = listed(&workspace, "2026-04", "NC");
    assert_eq!(april.into_keys().collect::<Vec<_>>(), [0, 2], "who was withdrawn is not withdrawn again");
}

#[test]
fn wrong_tables_of_offices_are_told_with_their_line() {
    let workspace = prefecture("withdraw");
    let file = "pipelines/tables/offices.csv";
    let cases = [
        ("2026-02-28,rural_affairs", "2026-02-28,rural_afairs", 4, "did you mean `rural_affairs`?"),
        ("2026-02-28,rural_affairs", "2026-02-30,rural_affairs", 4, "expected a date"),
        (
            "NC,rural_affairs,农业农村局,预警名单,,,",
            "NC,rural_affairs,农业农村局,预警名单,,2025-12-31,rural_revitalisation",
            3,
            "lead back",
        ),
        ("NC,rural_affairs", "NC,civil_affairs", 3, "twice on the same day"),
        ("NC,rural_affairs", "MZ,rural_affairs", 3, "stands for two offices"),
    ];
    for (from, to, line, said) in cases {
        workspace.write(file, OFFICES.replacen(from, to, 1).as_bytes());
        let output = workspace.run(&["check"]);
        let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(3), "{to}: {told}");
        assert!(told.contains(&format!("{file}:{line}: ")) && told.contains(said), "{to}: {told}");
    }
    let gap = OFFICES.replacen("农业农村局,预警名单,,,", "农业农村局,预警名单,,2026-05-31,", 1);
    workspace.write(file, gap.as_bytes());
    let output = workspace.run(&["check"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("on 2026-06-01 no office is in force for `rural_affairs`"), "{told}");
    println!("wrong offices: {} cases", cases.len() + 1);
}

#[test]
fn every_ten_days_a_list_of_its_own_series() {
    let workspace = with_policy("cadence = \"monthly\"", "cadence = \"ten_days\"");
    let early = claims("2026-10", &[(0, "30000.00"), (1, "20000.00")]);
    let late = claims("2026-10", &[(1, "10000.00"), (2, "70000.00")]).replace("2026-10-05", "2026-10-15");
    let late = late.replace("2026-10-1,", "2026-10-1b,").replace("2026-10-2,", "2026-10-2b,");
    workspace.land("claims", "1.csv", early.as_bytes());
    workspace.land("claims", "2.csv", late.as_bytes());
    workspace.ok(&["run", "nightly", "--month", "2026-10"]);
    workspace.ok(&["run", "tendays", "--as-of", "2026-10-12"]);
    let new = || row("new", "", "official");
    let of = |period: &str| listed(&workspace, period, "MZ10");
    assert_eq!(of("2026-10-10"), [(0, new())].into(), "sums are cut at the tenth");
    workspace.ok(&["run", "tendays", "--as-of", "2026-10-20"]);
    let second = [(0, row("continuing", "", "official")), (1, new()), (2, new())];
    assert_eq!(of("2026-10-20"), second.into());
    workspace.ok(&["run", "tendays", "--month", "2026-10"]);
    assert!(of("2026-10").values().all(|row| row.0 == "continuing"));
    let third = workspace.manifests("2026-10")["202610-990103-MZ10-FULL-v1"].clone();
    assert_eq!(third["previous"]["list_id"], "20261020-990103-MZ10-FULL-v1");
    assert_eq!(third["seq"], 3);
    // The month's own lists carry the other rule only, and begin their own series.
    workspace.ok(&["run", "monthly", "--month", "2026-10"]);
    assert_eq!(listed(&workspace, "2026-10", "MZ").into_iter().collect::<Vec<_>>(), [(2, new())]);
    let monthly = workspace.manifests("2026-10")["202610-990103-MZ-FULL-v1"].clone();
    assert_eq!((monthly["previous"].is_null(), monthly["seq"].as_u64()), (true, Some(1)));
    assert!(workspace.ok(&["run", "tendays", "--month", "2026-10"]).contains("sealed before"));
    for wrong in [&["run", "monthly", "--month", "2026-10-10"], &["run", "tendays", "--month", "2026-10-11"]] {
        assert_eq!(workspace.run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}
