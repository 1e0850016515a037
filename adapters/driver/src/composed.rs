//! Adapts a source that is composed into a component to the loop's [`Source`](crate::Source).

/// Defines `Composed`, a [`Source`](crate::Source) backed by the imported interface `etl:connector/source`, whose
/// bindings are at the given path: `source_driver::composed!(crate::bindings::etl::connector::source);`
#[macro_export]
macro_rules! composed {
    ($($wit:ident)::+) => {
        use $($wit)::+ as wit;

        $crate::conversions!($($wit)::+);

        /// The only source of this component, with its configuration. It has no `Debug` since it holds the token.
        pub struct Composed {
            /// The settings, as JSON.
            pub settings: String,
            /// The API token.
            pub api_token: String,
        }

        impl $crate::Source for Composed {
            fn configure(&mut self, checkpoint: Option<String>) -> Result<(), $crate::SourceError> {
                let value = self.api_token.clone();
                let secrets = vec![wit::Secret { name: "api_token".into(), value }];
                let settings = self.settings.clone();
                Ok(wit::configure(&wit::Configuration { settings, secrets, checkpoint })?)
            }

            fn read_batch(&mut self, records_max: u32) -> Result<$crate::Batch, $crate::SourceError> {
                Ok(wit::read_batch(records_max)?.into())
            }

            fn checkpoint(&mut self) -> Result<String, $crate::SourceError> {
                Ok(wit::checkpoint()?)
            }
        }
    };
}
