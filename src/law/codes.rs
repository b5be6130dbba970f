//! Enums that are stored and shown to systems by a code.

/// Declares an enum with the code of each variant, and with `ALL`, `code` and `parse`.
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $($(#[$variant_meta])* $variant,)+ }

        impl $name {
            /// In the order in which they are declared.
            $vis const ALL: [Self; [$($code),+].len()] = [$(Self::$variant),+];

            #[must_use]
            $vis const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The one with that code.
            #[must_use]
            $vis fn parse(code: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.code() == code)
            }
        }
    };
}
