use schemars::{Schema, schema_for};

use super::v1::ReportV1;
use crate::baseline::BaselineV1;

/// JSON Schema of `report.json`.
pub fn report_schema() -> Schema {
    schema_for!(ReportV1<'_>)
}

/// JSON Schema of a baseline file.
pub fn baseline_schema() -> Schema {
    schema_for!(BaselineV1<'_>)
}
