//! Chance without state: every number follows from the seed and a place (person, month, claim), so that any
//! person can be made alone, in any order, and comes out the same.

/// Log-normal quantiles (sigma 1) at 0/32 to 32/32 in thousandths of the median, ends cut at 0.4% and 99.6%.
const SKEW: [i64; 33] = [
    71, 155, 216, 268, 317, 364, 412, 460, 509, 560, 613, 669, 727, 789, 854, 925, 1000, 1082, 1170, 1268, 1375, 1495,
    1630, 1784, 1963, 2174, 2428, 2746, 3159, 3736, 4637, 6441, 14183,
];

/// A short sequence of random numbers that belongs to one place.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The sequence of a place: what it is for, which person, which of the person's things.
    pub(super) fn at(seed: u64, purpose: u64, person: u64, item: u64) -> Self {
        let mut state = mix(seed ^ purpose.wrapping_mul(0xd6e8_feb8_6659_fd93));
        state = mix(state ^ person.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self(state ^ item.wrapping_mul(0xc2b2_ae3d_27d4_eb4f))
    }

    /// The next 64 random bits (splitmix64).
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `count` - 1.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        ((self.bits() >> 32) * count) >> 32
    }

    pub(super) fn up_to(&mut self, count: i64) -> i64 {
        i64::try_from(self.below(count.unsigned_abs())).unwrap_or(0)
    }

    /// One of a table's entries.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, table: &[&'a T]) -> &'a T {
        let at = usize::try_from(self.below(table.len() as u64)).unwrap_or(0);
        table[at.min(table.len() - 1)]
    }

    /// A skewed amount around a median, as medical costs are.
    pub(super) fn skewed(&mut self, median: i64) -> i64 {
        let bits = self.bits();
        let knot = usize::try_from(bits >> 59).unwrap_or(0);
        let between = i64::try_from(bits & 0x3ff).unwrap_or(0);
        let factor = SKEW[knot] * 1024 + (SKEW[knot + 1] - SKEW[knot]) * between;
        median * factor / 1_024_000
    }
}

/// splitmix64's finaliser.
fn mix(state: u64) -> u64 {
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
