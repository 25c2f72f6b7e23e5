use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Sets limits of this process, which all that it starts inherit; none is raised above what this process may have.
pub(in crate::engine) fn set(wanted: &[(Resource, u64)]) -> Result<(), String> {
    for (resource, limit) in wanted {
        let (_, hard) = getrlimit(*resource).map_err(|errno| errno.to_string())?;
        let limit = (*limit).min(hard);
        setrlimit(*resource, limit, limit).map_err(|errno| format!("{resource:?}: {errno}"))?;
    }
    Ok(())
}
