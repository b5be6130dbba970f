//! What is special about an invented person or claim: every class of dirt and every edge of the law, in fixed shares.

/// What is special about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Story {
    Plain,
    OverTwice,
    BetweenLines,
    Near,
    ExactlyOnce,
    ExactlyTwice,
    BrokenCheck,
    ShortId,
    SpreadsheetId,
    MissingId,
    FullWidthId,
    SpacedId,
    TabbedId,
    FifteenDigits,
    LeadingG,
    WrongTotal,
    WrongPersonal,
    WrongFunds,
    ThreeDecimals,
    Died,
    Moved,
    TwoNames,
    RuralUnknown,
    HongKong,
    Passport,
    ResidencePermit,
    Newborn,
    BothInsurances,
    TwoRosters,
    DroppedFromRoster,
    NewYearStay,
}

impl Story {
    /// The story of the person with that number: fixed shares of a thousand, spread evenly over counties.
    pub(super) fn of(index: u64) -> Self {
        match (index + index / 12) % 1000 {
            3..=17 => Self::OverTwice,
            20..=39 => Self::BetweenLines,
            40..=51 => Self::Near,
            60 => Self::ExactlyOnce,
            61 => Self::ExactlyTwice,
            70 => Self::BrokenCheck,
            71 => Self::ShortId,
            72 => Self::SpreadsheetId,
            73 => Self::MissingId,
            74 | 75 => Self::FullWidthId,
            76 | 77 => Self::SpacedId,
            78 | 79 => Self::TabbedId,
            80 | 81 => Self::FifteenDigits,
            82 => Self::LeadingG,
            90 => Self::WrongTotal,
            91 => Self::WrongPersonal,
            92 => Self::WrongFunds,
            93 => Self::ThreeDecimals,
            100..=103 => Self::Died,
            110..=114 => Self::Moved,
            120 => Self::TwoNames,
            130..=139 => Self::RuralUnknown,
            140 => Self::HongKong,
            141 => Self::Passport,
            142 => Self::ResidencePermit,
            143..=145 => Self::Newborn,
            150..=159 => Self::BothInsurances,
            160..=162 => Self::TwoRosters,
            163..=165 => Self::DroppedFromRoster,
            170 => Self::NewYearStay,
            _ => Self::Plain,
        }
    }

    /// The trap's name in the summary.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::OverTwice => "over_twice",
            Self::BetweenLines => "between_lines",
            Self::Near => "near",
            Self::ExactlyOnce => "exactly_once",
            Self::ExactlyTwice => "exactly_twice",
            Self::BrokenCheck => "broken_check",
            Self::ShortId => "short_id",
            Self::SpreadsheetId => "spreadsheet_id",
            Self::MissingId => "missing_id",
            Self::FullWidthId => "full_width_id",
            Self::SpacedId => "spaced_id",
            Self::TabbedId => "tabbed_id",
            Self::FifteenDigits => "fifteen_digits",
            Self::LeadingG => "leading_g",
            Self::WrongTotal => "wrong_total",
            Self::WrongPersonal => "wrong_personal",
            Self::WrongFunds => "wrong_funds",
            Self::ThreeDecimals => "three_decimals",
            Self::Died => "died",
            Self::Moved => "moved",
            Self::TwoNames => "two_names",
            Self::RuralUnknown => "rural_unknown",
            Self::HongKong => "hong_kong",
            Self::Passport => "passport",
            Self::ResidencePermit => "residence_permit",
            Self::Newborn => "newborn",
            Self::BothInsurances => "both_insurances",
            Self::TwoRosters => "two_rosters",
            Self::DroppedFromRoster => "dropped_from_roster",
            Self::NewYearStay => "new_year_stay",
        }
    }
}

/// What happens to a claim after (or before) its month's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Delivered once, with its month.
    Plain,
    /// Cancelled later; the original is delivered again with the refund flag (model P).
    RefundMarked,
    /// Cancelled later by a negative row alone (model Q).
    RefundAlone,
    /// Half of it cancelled later (model Q).
    RefundHalf,
    /// Cancelled within its month, the original delivered a month later.
    ReversalFirst,
    /// Delivered months later.
    Late,
    TwiceInFile,
    /// Again in the next file.
    TwiceAcross,
    /// Delivered again next month with other amounts.
    Updated,
    /// Voided next month.
    Voided,
    /// Paid more by hand later; the fees are repeated.
    Supplemented,
    /// Settled by hand at the centre.
    ByHand,
    /// A later payment from another payer lowers it (adjustments feed).
    Adjusted,
}

impl Fate {
    /// The fate that the claim's first twelve random bits decide, and how many months later it strikes.
    pub(super) fn of(bits: u64) -> (Self, usize) {
        let later = 1 + usize::try_from((bits >> 40) % 3).unwrap_or(0);
        let fate = match bits & 0xfff {
            0..=11 => Self::RefundMarked,
            12..=19 => Self::RefundAlone,
            20..=24 => Self::RefundHalf,
            25..=26 => return (Self::ReversalFirst, 1),
            27..=46 => Self::Late,
            47..=54 => return (Self::TwiceInFile, 0),
            55..=60 => return (Self::TwiceAcross, 1),
            61..=72 => return (Self::Updated, 1),
            73..=76 => return (Self::Voided, 1),
            77..=84 => Self::Supplemented,
            85..=100 => return (Self::ByHand, 0),
            101..=110 => Self::Adjusted,
            _ => return (Self::Plain, 0),
        };
        (fate, later)
    }

    /// The trap's name in the summary.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "claim_plain",
            Self::RefundMarked => "refund_model_p",
            Self::RefundAlone => "refund_model_q",
            Self::RefundHalf => "refund_half",
            Self::ReversalFirst => "reversal_before_original",
            Self::Late => "late",
            Self::TwiceInFile => "duplicate_in_file",
            Self::TwiceAcross => "duplicate_across_files",
            Self::Updated => "updated",
            Self::Voided => "voided",
            Self::Supplemented => "supplement",
            Self::ByHand => "settled_by_hand",
            Self::Adjusted => "adjusted",
        }
    }
}
