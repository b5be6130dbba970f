//! The bugs that are planted in the simulator's own seam, to prove that it would see them in the product.

/// One planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bug {
    /// Commits are not forced to disk: a kill may take the last ones back.
    NoFsync,
    /// A list is READY in one transaction and gets its letter in the next.
    ReadyBeforeOutbox,
    /// Each attempt has a Message-ID of its own.
    RandomMessageId,
    /// A 5xx counts as accepted.
    DroppedReject,
    /// A lookup says of every unclear letter that it has not arrived.
    BlindResend,
    /// The day on which a letter is given up moves on with it.
    EndlessBackoff,
    /// A letter goes to the recipient of the one before.
    WrongRecipient,
    /// SENDING is noted together with the answer, not before the socket.
    SendingNotNoted,
    /// A retry carries a new Date.
    OtherBytes,
    /// A letter goes out without its audit entry.
    NoAudit,
    /// A 4xx counts as a 5xx.
    TransientIsPermanent,
    /// A connection lost after the final dot counts as a 4xx.
    UnclearIsDeferred,
    /// Returned mail is not noted.
    BounceIgnored,
    /// The next attempt follows at once.
    NoBackoff,
    /// A deliberate repetition carries the Message-ID of the first letter.
    ResendSameId,
    /// What the route table says is not asked.
    RouteNotAsked,
    /// A list that is taken back is announced all the same.
    RetractionIgnored,
    /// Whether a list was taken back is asked when a run begins, and not when its letter is taken in hand.
    RetractionSeenLate,
    /// A letter that is withdrawn takes the lists with it that still stand.
    RestForgotten,
}

impl Bug {
    pub(super) const ALL: [Self; 19] = [
        Self::NoFsync,
        Self::ReadyBeforeOutbox,
        Self::RandomMessageId,
        Self::DroppedReject,
        Self::BlindResend,
        Self::EndlessBackoff,
        Self::WrongRecipient,
        Self::SendingNotNoted,
        Self::OtherBytes,
        Self::NoAudit,
        Self::TransientIsPermanent,
        Self::UnclearIsDeferred,
        Self::BounceIgnored,
        Self::NoBackoff,
        Self::ResendSameId,
        Self::RouteNotAsked,
        Self::RetractionIgnored,
        Self::RetractionSeenLate,
        Self::RestForgotten,
    ];
}
