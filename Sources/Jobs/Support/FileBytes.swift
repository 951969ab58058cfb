package import SystemPackage

extension FilePath {
    /// The size of a regular file, links followed; nil for anything else, and where nothing is.
    package var fileBytes: Int? {
        guard let facts = try? stat(), facts.type == .regular else { return nil }
        return Int(facts.size)
    }
}
