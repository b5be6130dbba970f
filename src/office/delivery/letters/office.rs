//! Letters to offices: which lists lie ready, with the lists themselves, encrypted, where an office's entry in the table of
//! offices asks for that. The password is in none of them. Who may write one, and when, is decided at the desk.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use law::domain::{MailAddress, official_day};
use law::referrals;
use law::referrals::{ListKind, Offices};
use serde::Deserialize;
use store::durable::At as _;
use store::keys::Keys;
use store::ledger::{NewLetter, SealedList};
use store::workspace::Workspace;

use super::{Attachment, Draft, ListNotice, Notice, compose, message_id, render};
use crate::delivery::error::DeliveryError;
use crate::handover::{Sealed, attachment};

/// Writes letters at one moment.
pub(in crate::delivery) struct OfficeLetters<'a> {
    workspace: &'a Workspace,
    offices: Offices,
    now: DateTime<Utc>,
}

impl<'a> OfficeLetters<'a> {
    /// A writer by the workspace's settings and its table of offices.
    pub(in crate::delivery) const fn new(workspace: &'a Workspace, offices: Offices, now: DateTime<Utc>) -> Self {
        Self { workspace, offices, now }
    }

    /// A letter about lists of one office; `after` is the Message-ID of a withdrawn one whose place it takes.
    pub(in crate::delivery) fn write(
        &self,
        to: &MailAddress,
        (county, office): (&str, &str),
        lists: &[SealedList],
        (resend_no, after): (u32, &str),
    ) -> Result<NewLetter, DeliveryError> {
        let mut notices = BTreeMap::new();
        let (mut county_name, mut office_name) = (String::new(), String::new());
        for list in lists {
            let manifest = self.manifest(list)?;
            notices.insert(list.list_id.clone(), manifest.notice(list));
            (county_name, office_name) = (manifest.county_name, manifest.office_name);
        }
        let (attached, is_too_large) = self.attachments(lists)?;
        let bureau = &self.workspace.settings.bureau;
        let deadline = official_day(self.now) + Days::new(bureau.feedback_days.into());
        let ids: Vec<String> = notices.keys().cloned().collect();
        let notice = Notice {
            sender: bureau.name.clone(),
            county: county.to_owned(),
            county_name,
            office: office.to_owned(),
            office_name,
            lists: notices.into_values().collect(),
            deadline: deadline.to_string(),
            collect: self.workspace.settings.delivery.collect.clone(),
            attached: attached.iter().map(|file| file.name.clone()).collect(),
            is_too_large,
            resend_no,
        };
        let (subject, text) = render(&notice)?;
        let from = self.workspace.settings.delivery.sender();
        let from = from.ok_or_else(|| DeliveryError::message("set from in [delivery]: letters need a sender"))?;
        // A letter that takes the place of a withdrawn one is another than the one that it may once have replaced.
        let named: Vec<String> = ids.iter().cloned().chain((!after.is_empty()).then(|| after.to_owned())).collect();
        let message_id = message_id(&Keys::open(&self.workspace.layout)?.tokens, &named, to, resend_no, from.domain());
        let draft = Draft {
            message_id: &message_id,
            from: &from,
            to,
            date: self.now,
            subject: &subject,
            text: &text,
            attachments: &attached,
        };
        Ok(NewLetter {
            bytes: compose(&draft)?,
            message_id,
            county: county.to_owned(),
            office: office.to_owned(),
            recipient: to.to_string(),
            resend_no,
            lists: ids,
            due_at: self.now,
            replaces: None,
        })
    }

    /// What goes with the letter, and whether it would be more than a letter may carry: then nothing does. A notice that
    /// takes a list back and a list without rows have nothing that is worth a password.
    fn attachments(&self, lists: &[SealedList]) -> Result<(Vec<Attachment>, bool), DeliveryError> {
        let largest = u64::from(self.workspace.settings.delivery.attach_mib) << 20;
        let (mut files, mut bytes) = (Vec::new(), 0_u64);
        for list in lists.iter().filter(|list| list.rows > 0 && list.kind != ListKind::Retraction.code()) {
            let kind = self.offices.attachment_of(&list.office, official_day(self.now));
            if kind == referrals::Attachment::None {
                continue;
            }
            // No password is made for what is too large to go.
            bytes += self.sealed_bytes(list)?;
            if bytes > largest {
                return Ok((Vec::new(), true));
            }
            let made = attachment(&self.workspace.layout, list, kind)?;
            files.extend(made.map(|(name, bytes)| Attachment { name, bytes }));
        }
        let is_too_large = files.iter().map(|file| file.bytes.len() as u64).sum::<u64>() > largest;
        Ok(if is_too_large { (Vec::new(), true) } else { (files, false) })
    }

    /// The size of a list's workbook, which is about that of what would be attached.
    fn sealed_bytes(&self, list: &SealedList) -> Result<u64, DeliveryError> {
        let folder = self.workspace.layout.lists(list.period).join(&list.list_id);
        let path = folder.join(format!("{}.xlsx", list.list_id));
        Ok(std::fs::metadata(&path).at(&path)?.len())
    }

    /// A sealed list's manifest, after it and every file that it names were compared with what was sealed.
    pub(in crate::delivery) fn manifest(&self, list: &SealedList) -> Result<Manifest, DeliveryError> {
        let folder = self.workspace.layout.lists(list.period).join(&list.list_id);
        let sealed = Sealed::open(&folder, list)?;
        let manifest: Manifest = serde_json::from_slice(sealed.manifest()).map_err(DeliveryError::message)?;
        if manifest.county != list.county || manifest.office != list.office {
            let why = format!("the manifest of {} names another county or office than the list", list.list_id);
            return Err(DeliveryError::Message(why));
        }
        sealed.check()?;
        Ok(manifest)
    }
}

/// What letters need of a manifest.
#[derive(Debug, Deserialize)]
pub(in crate::delivery) struct Manifest {
    county: String,
    county_name: String,
    office: String,
    office_name: String,
    counts: Counts,
    /// Data that had not come whole.
    #[serde(default)]
    gaps: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Counts {
    new: u64,
    continuing: u64,
    escalated: u64,
    withdrawn: u64,
}

impl Manifest {
    fn notice(&self, list: &SealedList) -> ListNotice {
        let before = list.seq.saturating_sub(1);
        let Counts { new, continuing, escalated, withdrawn } = self.counts;
        ListNotice {
            list_id: list.list_id.clone(),
            period: list.period.to_string(),
            seq: list.seq,
            previous: if before == 0 { "无".to_owned() } else { format!("第 {before} 号") },
            previous_number: if before == 0 { "none".to_owned() } else { before.to_string() },
            rows: list.rows,
            new,
            continuing,
            escalated,
            withdrawn,
            gaps: self.gaps.join("；"),
        }
    }
}
