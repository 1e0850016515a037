//! The settings of both: the key `transform` holds those of the transform, and the others are the source's.

use source_text::fields::Fields;
use source_text::object::Object;

/// The key of the transform's settings.
pub const KEY: &str = "transform";

/// Splits the settings into those of the source and those of the transform. What is not an object is left to the source
/// to refuse.
pub fn split(settings: &str) -> (String, String) {
    let none = "{}".to_owned();
    let Some(mut fields) = Fields::parse(settings) else { return (settings.to_owned(), none) };
    match fields.take(KEY) {
        // Unchanged, so that messages of the source name the right place in the text.
        None => (settings.to_owned(), none),
        Some(own) => {
            let mut rest = String::new();
            let mut object = Object::open(&mut rest);
            fields.write(&mut object);
            object.close();
            (rest, own.to_owned())
        }
    }
}

/// Adds the settings of the transform to a JSON Schema of the source's. One in an unknown form is returned unchanged.
pub fn schema(source: &str, transform: &str) -> String {
    let added = || {
        let mut fields = Fields::parse(source)?;
        let properties = Fields::parse(fields.take("properties")?)?;
        let mut out = String::new();
        let mut schema = Object::open(&mut out);
        fields.write(&mut schema);
        schema.object("properties", |object| {
            object.raw(KEY, transform);
            properties.write(object);
        });
        schema.close();
        Some(out)
    };
    added().unwrap_or_else(|| source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_split_without_a_change() {
        let both =
            r#"{"page_size":5.0,"transform":{"schema":"ecs"},"org_slug":"a","org_slug":"b"}"#;
        let (source, transform) = split(both);
        assert_eq!(source, r#"{"page_size":5.0,"org_slug":"a","org_slug":"b"}"#);
        assert_eq!(transform, r#"{"schema":"ecs"}"#);
        for text in ["{ }", "[", "5", r#"{"org_slug":"a"} "#] {
            assert_eq!(split(text), (text.to_owned(), "{}".to_owned()));
        }
    }

    #[test]
    fn the_schema_has_the_settings_of_both() {
        let source = r#"{"required":["a"],"properties":{"a":{}},"type":"object"}"#;
        let wanted = r#"{"required":["a"],"type":"object","properties":{"transform":true,"a":{}}}"#;
        assert_eq!(schema(source, "true"), wanted);
        let wanted = r#"{"$defs":{},"properties":{"transform":{}}}"#;
        assert_eq!(schema(r#"{"$defs":{},"properties":{}}"#, "{}"), wanted);
        assert_eq!(schema("text", "{}"), "text");
    }
}
