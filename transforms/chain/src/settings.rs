//! The settings of both: the key `transform` holds those of the transform, and the others are the source's.

use source_text::fields::Fields;
use source_text::object::Object;

/// The key of the transform's settings.
pub const KEY: &str = "transform";

/// A setting that both may have. The source's is the default of the transform's.
const SHARED: &str = "org_slug";

/// Splits the settings into those of the source and those of the transform, which has this JSON Schema. What is not an
/// object is left to its owner to refuse.
pub fn split(settings: &str, schema: &str) -> (String, String) {
    let none = || "{}".to_owned();
    let Some(mut fields) = Fields::parse(settings) else { return (settings.to_owned(), none()) };
    let shared = fields.get(SHARED).filter(|_| has_property(schema, SHARED));
    match fields.take(KEY) {
        // Unchanged, so that messages of the source name the right place in the text.
        None => (settings.to_owned(), with(shared, &none())),
        Some(own) => {
            let mut rest = String::new();
            let mut object = Object::open(&mut rest);
            fields.write(&mut object);
            object.close();
            (rest, with(shared, own))
        }
    }
}

/// Adds the shared setting, unless it is there.
fn with(shared: Option<&str>, own: &str) -> String {
    let fields = Fields::parse(own).filter(|fields| fields.get(SHARED).is_none());
    let (Some(shared), Some(fields)) = (shared, fields) else { return own.to_owned() };
    let mut out = String::new();
    let mut object = Object::open(&mut out);
    fields.write(&mut object);
    object.raw(SHARED, shared);
    object.close();
    out
}

fn has_property(schema: &str, name: &str) -> bool {
    let properties = Fields::parse(schema).and_then(|schema| schema.get("properties"));
    properties.and_then(Fields::parse).is_some_and(|properties| properties.get(name).is_some())
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
        let (source, transform) = split(both, "{}");
        assert_eq!(source, r#"{"page_size":5.0,"org_slug":"a","org_slug":"b"}"#);
        assert_eq!(transform, r#"{"schema":"ecs"}"#);
        for text in ["{ }", "[", "5", r#"{"org_slug":"a"} "#] {
            assert_eq!(split(text, "{}"), (text.to_owned(), "{}".to_owned()));
        }
    }

    #[test]
    fn a_transform_that_knows_the_slug_gets_it() {
        let schema = r#"{"properties":{"org_slug":{}}}"#;
        let own = |settings| split(settings, schema).1;
        assert_eq!(own(r#"{"org_slug":"a"}"#), r#"{"org_slug":"a"}"#);
        let both = r#"{"org_slug":"a","transform":{"schema":"ecs"}}"#;
        assert_eq!(own(both), r#"{"schema":"ecs","org_slug":"a"}"#);
        assert_eq!(own(r#"{"org_slug":"a","transform":{"org_slug":"b"}}"#), r#"{"org_slug":"b"}"#);
        assert_eq!(own(r#"{"org_slug":"a","transform":5}"#), "5");
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
