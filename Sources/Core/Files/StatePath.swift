package import SystemPackage

/// Where this user's programs keep what must outlive a call.
package enum StatePath {
    /// Cinch's own folder, there or not: `CINCH_STATE_DIR`, else in `XDG_STATE_HOME` or the home folder.
    ///
    /// Variables that are no absolute path are passed over. Nil where no home is known.
    package static func folder(environment: [String: String], home: String?) -> FilePath? {
        if let own = absolute("CINCH_STATE_DIR", environment) { return own }
        if let states = absolute("XDG_STATE_HOME", environment) { return states.appending("cinch") }
        let home = absolute("HOME", environment) ?? home.map { FilePath($0) }
        #if os(macOS)
        return home?.appending("Library/Application Support/cinch")
        #else
        return home?.appending(".local/state/cinch")
        #endif
    }

    /// The absolute path that a variable holds.
    package static func absolute(_ name: String, _ environment: [String: String]) -> FilePath? {
        guard let value = environment[name], value.hasPrefix("/") else { return nil }
        return FilePath(value)
    }
}
