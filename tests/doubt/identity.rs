//! Names that differ and documents that may be one person's, from landed files to findings, explanations and words.

use std::collections::BTreeMap;

use crate::workspace::Workspace;

const CLAIMS: &str = "SETL_ID,INIT_SETL_ID,PSN_NO,PSN_CERT_TYPE,CERTNO,PSN_NAME,PSN_TYPE,NWB_FLAG,INSUTYPE,MED_TYPE,\
                      SETL_TYPE,INSU_ADMDVS,BEGNDATE,ENDDATE,SETL_TIME,MEDFEE_SUMAMT,FULAMT_OWNPAY_AMT,\
                      OVERLMT_SELFPAY,PRESELFPAY_AMT,INSCP_AMT,FUND_PAY_SUMAMT,PSN_PAY,REFD_SETL_FLAG,VALI_FLAG,\
                      UPDT_TIME\n";
const ROSTER: &str = "证件号码,姓名,人员类别,名册月份,来源单位\n";
const REGISTER: &str = "certno,psn_no,psn_name,county,resd_natu,updt_time\n";
const INCOME: &str = "指标,区划代码,年份,数值,版次,发布日期,来源\n\
                      rural_disposable_income,990000,2024,26722.00,1,2025-02-11,虚构\n\
                      rural_disposable_income,990000,2025,28134.00,1,2026-01-28,虚构\n";

/// Invented people on an unassigned area.
const ONE: &str = "990103196203050018";
const TWO: &str = "990103196203050026";
const CHILD: &str = "990103202601100058";
const MOTHER: &str = "990103199505050017";

/// A claim of so many yuan, all of them the person's own cost.
struct Paid<'a> {
    claim: &'a str,
    person_no: &'a str,
    cert_type: &'a str,
    id: &'a str,
    name: &'a str,
    is_newborn: bool,
    yuan: u32,
}

impl Paid<'_> {
    fn line(&self) -> String {
        let Paid { claim, person_no, cert_type, id, name, yuan, .. } = self;
        let (class, flag) = if self.is_newborn { (1401, 1) } else { (15, 0) };
        let (day, at) = ("2026-06-15", "2026-06-15 10:00:00");
        format!(
            "{claim},,{person_no},{cert_type},{id},{name},{class},{flag},390,21,2,990103,{day},{day},{at},{yuan}.00,0.00,\
             0.00,0.00,{yuan}.00,0.00,{yuan}.00,0,1,{at}\n"
        )
    }
}

const fn paid<'a>(claim: &'a str, person_no: &'a str, id: &'a str, name: &'a str, yuan: u32) -> Paid<'a> {
    Paid { claim, person_no, cert_type: "01", id, name, is_newborn: false, yuan }
}

/// A workspace after one night with these claims and people of the roster of those lifted out of poverty.
fn night(claims: &[Paid<'_>], roster: &[(&str, &str)], register: &str) -> Workspace {
    let workspace = Workspace::new("fujian", "990100");
    workspace.land("income", "income.csv", INCOME.as_bytes());
    let lines: String = claims.iter().map(Paid::line).collect();
    workspace.land("claims", "claims.csv", (CLAIMS.to_owned() + &lines).as_bytes());
    let line = |(id, name): &(&str, &str)| format!("{id},{name},脱贫人口,202610,甲县农业农村局\n");
    let lines: String = roster.iter().map(line).collect();
    workspace.land("rosters", "roster.csv", (ROSTER.to_owned() + &lines).as_bytes());
    if !register.is_empty() {
        workspace.land("residents", "register.csv", (REGISTER.to_owned() + register).as_bytes());
    }
    nightly(&workspace);
    workspace
}

/// A night: 4 where a question waits.
fn nightly(workspace: &Workspace) {
    let output = workspace.run(&["run", "nightly", "--as-of", "2026-10-31"]);
    let (said, is_asked) = (String::from_utf8_lossy(&output.stdout), output.status.code() == Some(4));
    assert!(is_asked || output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(is_asked, said.contains("questions that wait for an answer"), "{said}");
}

/// Status, reason and yuan of each document that the relapse rule noticed.
fn found(workspace: &Workspace) -> BTreeMap<i64, (String, String, i64)> {
    let findings = workspace.findings("2026-10").into_iter().filter(|one| one.rule == "fujian-relapse");
    findings.map(|one| (one.person_key, (one.status, one.reason, one.measured_fen / 100))).collect()
}

fn key(id: &str) -> i64 {
    id[..17].parse().unwrap()
}

#[track_caller]
fn expect(workspace: &Workspace, wanted: &[(&str, &str, &str, i64)]) {
    let wanted =
        wanted.iter().map(|(id, status, reason, yuan)| (key(id), ((*status).to_owned(), (*reason).to_owned(), *yuan)));
    assert_eq!(found(workspace), wanted.collect::<BTreeMap<_, _>>());
}

#[test]
fn a_character_that_could_not_be_printed_takes_nobody_off() {
    for (name, as_sent) in [("王珏", "王?"), ("王珏", "王〓"), ("陈红", "陳紅"), ("李四", "李四（女）")]
    {
        let claims = [paid("C1", "", ONE, name, 30_000), paid("C2", "", ONE, as_sent, 20)];
        let workspace = night(&claims, &[(ONE, as_sent)], &format!("{ONE},,{as_sent},990103,20,\n"));
        expect(&workspace, &[(ONE, "flagged", "", 30_020)]);
    }
}

#[test]
fn two_documents_under_one_number_are_asked_about_and_settled() {
    let claims = [paid("C1", "35990001", ONE, "陈甲", 20_000), paid("C2", "35990001", TWO, "陈甲", 20_000)];
    let workspace = night(&claims, &[(ONE, "陈甲"), (TWO, "陈甲")], "");
    let both = [(ONE, "undecided", "identity_open", 20_000), (TWO, "undecided", "identity_open", 20_000)];
    expect(&workspace, &both);
    let asked = workspace.ok(&["questions", "list"]);
    assert!(asked.contains("疑似各有两个证件号码"), "{asked}");
    let told = workspace.ok(&["explain", "--person", ONE, "--month", "2026-10"]);
    assert!(told.contains("疑似同一人的其他证件") && told.contains("该证件 20000.00 元"), "{told}");
    let shown = workspace.ok(&["identity", "show", "--open"]);
    assert!(shown.contains("人员编号 35990001") && shown.contains("1 links, 1 open"), "{shown}");
    let mark = shown.split_whitespace().next().unwrap();
    let word = ["--by", "王科长", "--reason", "已核对户口簿"];
    let said = |act: &[&str]| workspace.ok(&[&["identity"], act, &word].concat());

    said(&["settle", mark, "--keep", ONE]);
    expect(&workspace, &both);
    nightly(&workspace);
    expect(&workspace, &[(ONE, "flagged", "", 40_000)]);
    let asked = workspace.ok(&["questions", "list"]);
    assert!(!asked.contains("疑似各有两个证件号码"), "{asked}");
    assert!(workspace.ok(&["identity", "show"]).contains("1 links, 0 open"));
    // what comes later under the other document counts as well
    let later = paid("C3", "35990001", TWO, "陈甲", 500).line();
    workspace.land("claims", "later.csv", (CLAIMS.to_owned() + &later).as_bytes());
    nightly(&workspace);
    expect(&workspace, &[(ONE, "flagged", "", 40_500)]);

    said(&["separate", mark]);
    nightly(&workspace);
    expect(&workspace, &[]);
    said(&["link", "--keep", TWO, "--other", ONE]);
    nightly(&workspace);
    expect(&workspace, &[(TWO, "flagged", "", 40_500)]);
    workspace.ok(&["audit", "verify"]);
}

#[test]
fn newborns_passports_and_corrected_registers_are_asked_about() {
    let born = Paid { is_newborn: true, ..paid("C1", "35990002", MOTHER, "小甲", 20_000) };
    let own = paid("C2", "35990002", CHILD, "小甲", 20_000);
    let workspace = night(&[born, own], &[(CHILD, "小甲"), (MOTHER, "母亲")], "");
    expect(&workspace, &[(CHILD, "undecided", "identity_open", 20_000)]);

    let passport = Paid { cert_type: "16", ..paid("C1", "35990009", "E12345678", "陈甲", 20_000) };
    let workspace = night(&[passport, paid("C2", "35990009", ONE, "陈甲", 20_000)], &[(ONE, "陈甲")], "");
    expect(&workspace, &[(ONE, "undecided", "identity_open", 20_000)]);

    // register and roster have the new id, the claims the old one
    let register = format!("{TWO},35990001,陈甲,990103,20,2026-10-01 08:00:00\n");
    let workspace = night(&[paid("C1", "35990001", ONE, "陈甲", 30_000)], &[(TWO, "陈甲")], &register);
    expect(&workspace, &[(TWO, "undecided", "identity_open", 0)]);

    // over the line either way: listed
    let claims = [paid("C1", "35990001", ONE, "陈甲", 30_000), paid("C2", "35990001", TWO, "陈甲", 10)];
    let workspace = night(&claims, &[(ONE, "陈甲")], "");
    expect(&workspace, &[(ONE, "flagged", "identity_open", 30_000)]);
}

#[test]
fn small_halves_and_fillers_are_not_asked_about() {
    let both = [(ONE, "陈甲"), (TWO, "陈甲")];
    for (number, yuan) in [("35990001", 9_000), ("0", 20_000)] {
        let claims = [paid("C1", number, ONE, "陈甲", yuan), paid("C2", number, TWO, "陈甲", yuan)];
        let workspace = night(&claims, &both, "");
        expect(&workspace, &[]);
        let asked = workspace.ok(&["questions", "list"]);
        assert!(!asked.contains("疑似"), "{asked}");
    }
}
