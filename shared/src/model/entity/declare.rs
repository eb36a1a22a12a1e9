//! `entity!`: an object's fields, written once.
//!
//! From the one list follow the type (which is what is stored and what is shown), what a client sends to
//! create an object, what it sends to change one, the readers and the schemas of both, and how the one
//! makes and the other changes the object: `from_new` and `with_patch`. What needs more than the field's
//! own value, such as a rule between two fields, is written by hand around these two.
//!
//! A field is its name, a word, and the type of its value:
//!
//! | word | stored | sent to create | sent to change |
//! |---|---|---|---|
//! | `required T` | `T` | `T` | `Change<T>` |
//! | `optional T` | `Option<T>` | `Option<T>` | `Patch<T>` |
//! | `optional T as P` | `Option<T>` | `Option<P>` | `Patch<P>`: parts left out stay (`T::patched`) |
//! | `default(…) T` | `T` | `Option<T>`; else this value | `Change<T>` |
//! | `kept(…) T` | `T`; this value at first | – | – |
//! | `kept(…) T as P` | `T`; this value at first | `P`, which is applied by hand | the same |
//! | `kept(…) T as P \| Q` | `T`; this value at first | `P`, which is applied by hand | `Q`, likewise |
//!
//! `///` says what the field is. In braces stand the forms that have it, each with `///` of its own where
//! it says something else there; without braces both have it. A `pub` before the word is the visibility of
//! what was sent. `rules […]` before the example are those between the fields, as `input!` takes them.
//!
//! Not so declared is what no client writes field by field: an invoice, a subscription, a payment or an
//! event is made by flows, a token, a payment method, a processor or a webhook endpoint mostly of what is
//! not sent, and one list of all that would hide which is which.

/// Declares an entity: see the head of this file, and `model/product.rs` for a short one.
macro_rules! entity {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident of $kind:ty;
        $(#[$new_meta:meta])*
        new $new:ident $(rules $new_rules:tt)? example $new_example:tt
        $(#[$patch_meta:meta])*
        patch $patch:ident example $patch_example:tt
        fields { $($fields:tt)* }
    ) => {
        entity! { @field (sent current)
            (
                ($(#[$meta])* $vis struct $name of $kind)
                ($(#[$new_meta])* $new [$(rules $new_rules)?] $new_example)
                ($(#[$patch_meta])* $patch $patch_example)
            )
            ([] [] [] [] [])
            $($fields)*
        }
    };

    // What each word means: as the field is stored; sent and used to create; sent and used to change.
    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis required $type:ty $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: $type,]
            [$type] { $sent.$field }
            [$crate::base::patch::Change<$type>] { $sent.$field.apply($current.$field) }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };
    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis optional $type:ty $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: Option<$type>,]
            [Option<$type>] { $sent.$field }
            [$crate::base::patch::Patch<$type>] { $sent.$field.apply($current.$field) }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };
    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis optional $type:ty as $as:ty $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: Option<$type>,]
            [Option<$as>] { $sent.$field.map(|parts| <$type>::default().patched(parts)) }
            [$crate::base::patch::Patch<$as>] {
                match $sent.$field {
                    $crate::base::patch::Patch::Keep => $current.$field,
                    $crate::base::patch::Patch::Clear => None,
                    $crate::base::patch::Patch::Set(parts) => {
                        Some($current.$field.unwrap_or_default().patched(parts))
                    }
                }
            }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };
    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis default($default:expr) $type:ty $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: $type,]
            [Option<$type>] { $sent.$field.unwrap_or_else(|| $default) }
            [$crate::base::patch::Change<$type>] { $sent.$field.apply($current.$field) }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };
    (@field ($sent:ident $current:ident) $head:tt
        ([$($stored:tt)*] $new:tt [$($made:tt)*] $patch:tt [$($changed:tt)*])
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: kept($first:expr) $type:ty, $($rest:tt)*
    ) => {
        entity! { @field ($sent $current) $head
            (
                [
                    $($stored)*
                    $(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: $type,
                ]
                $new [$($made)* $field: $first,]
                $patch [$($changed)* $field: $current.$field,]
            )
            $($rest)*
        }
    };

    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis kept($first:expr) $type:ty as $as:ty $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: $type,]
            [$as] { $first }
            [$as] { $current.$field }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };
    (@field ($sent:ident $current:ident) $head:tt $done:tt
        $(#[doc = $doc:expr])* $(#[serde $serde:tt])? $(#[schemars $schemars:tt])?
        $vis:vis $field:ident: $shown:vis kept($first:expr) $type:ty as $as:ty | $as_patch:ty
        $({ $($forms:tt)* })?, $($rest:tt)*
    ) => {
        entity! { @forms (
            ($sent $current) $head $done ($field $shown)
            [$(#[doc = $doc])* $(#[serde $serde])? $(#[schemars $schemars])? $vis $field: $type,]
            [$as] { $first }
            [$as_patch] { $current.$field }
            [$($rest)*]
        ) [$(#[doc = $doc])*] $({ $($forms)* })? }
    };

    // Which forms have the field, and what each says of it.
    (@forms $it:tt $doc:tt) => {
        entity! { @both $it $doc $doc }
    };
    (@forms $it:tt $doc:tt { new, patch $(,)? }) => {
        entity! { @both $it $doc $doc }
    };
    (@forms $it:tt $doc:tt { new, $(#[doc = $patch:expr])+ patch $(,)? }) => {
        entity! { @both $it $doc [$(#[doc = $patch])+] }
    };
    (@forms $it:tt $doc:tt { $(#[doc = $new:expr])+ new, patch $(,)? }) => {
        entity! { @both $it [$(#[doc = $new])+] $doc }
    };
    (@forms $it:tt $doc:tt { $(#[doc = $new:expr])+ new, $(#[doc = $patch:expr])+ patch $(,)? }) => {
        entity! { @both $it [$(#[doc = $new])+] [$(#[doc = $patch])+] }
    };
    (@forms $it:tt $doc:tt { new $(,)? }) => {
        entity! { @new_alone $it $doc }
    };
    (@forms $it:tt $doc:tt { $(#[doc = $new:expr])+ new $(,)? }) => {
        entity! { @new_alone $it [$(#[doc = $new])+] }
    };

    // The field joins those before it.
    (@both (
        ($sent:ident $current:ident) $head:tt
        ([$($stored:tt)*] [$($new:tt)*] [$($made:tt)*] [$($patch:tt)*] [$($changed:tt)*])
        ($field:ident $shown:vis)
        [$($as_stored:tt)*] [$as_new:ty] { $($make:tt)* } [$as_patch:ty] { $($change:tt)* } [$($rest:tt)*]
    ) [$($new_doc:tt)*] [$($patch_doc:tt)*]) => {
        entity! { @field ($sent $current) $head
            (
                [$($stored)* $($as_stored)*]
                [$($new)* $($new_doc)* $shown $field: $as_new,]
                [$($made)* $field: $($make)*,]
                [$($patch)* $($patch_doc)* $shown $field: $as_patch,]
                [$($changed)* $field: $($change)*,]
            )
            $($rest)*
        }
    };
    (@new_alone (
        ($sent:ident $current:ident) $head:tt
        ([$($stored:tt)*] [$($new:tt)*] [$($made:tt)*] $patch:tt [$($changed:tt)*])
        ($field:ident $shown:vis)
        [$($as_stored:tt)*] [$as_new:ty] { $($make:tt)* } $as_patch:tt $change:tt [$($rest:tt)*]
    ) [$($new_doc:tt)*]) => {
        entity! { @field ($sent $current) $head
            (
                [$($stored)* $($as_stored)*]
                [$($new)* $($new_doc)* $shown $field: $as_new,]
                [$($made)* $field: $($make)*,]
                $patch
                [$($changed)* $field: $current.$field,]
            )
            $($rest)*
        }
    };

    // All fields are read.
    (@field ($sent:ident $current:ident)
        (
            ($(#[$meta:meta])* $vis:vis struct $name:ident of $kind:ty)
            ($(#[$new_meta:meta])* $new_name:ident [$($new_rules:tt)*] $new_example:tt)
            ($(#[$patch_meta:meta])* $patch_name:ident $patch_example:tt)
        )
        ([$($stored:tt)*] [$($new:tt)*] [$($made:tt)*] [$($patch:tt)*] [$($changed:tt)*])
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        $vis struct $name {
            #[serde(flatten)]
            record: $crate::model::record::Record<$kind>,
            $($stored)*
        }

        $crate::base::input::input! {
            $(#[$new_meta])*
            $vis struct $new_name { $($new)* }
            $($new_rules)*
            example $new_example
        }

        $crate::base::input::input! {
            $(#[$patch_meta])*
            $vis struct $patch_name { $($patch)* }
            example $patch_example
        }

        impl $name {
            /// What a client asks for, made; the rest as it is at first.
            fn from_new(record: $crate::model::record::Record<$kind>, $sent: $new_name) -> Self {
                Self { record, $($made)* }
            }

            /// The same with the changes that a client asks for.
            fn with_patch(&self, $sent: $patch_name) -> Self {
                let $current = self.clone();
                Self { record: $current.record, $($changed)* }
            }
        }
    };
}

pub(crate) use entity;
