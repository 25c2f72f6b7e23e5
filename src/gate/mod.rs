//! The verdict on a stage: bars, waivers, promote or hold or roll back.
