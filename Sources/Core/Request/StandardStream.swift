package import SystemPackage

extension FilePath {
    /// Whether it stands for standard input or output: `-`, which no file is called here.
    package var isStandardStream: Bool { string == "-" }
}
