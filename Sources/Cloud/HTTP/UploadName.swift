extension UploadFile {
    /// The longest name that is sent, in bytes of UTF-8: what file systems take.
    static let mostNameBytes = 255

    /// The name as it is put into the form, before quotes and line ends are escaped (§5.1).
    ///
    /// Readers of forms disagree about backslashes and slashes, and nobody wants control characters:
    /// each becomes `_`. A very long name is shortened before its extension, a missing one replaced.
    package var formName: String {
        var name = ""
        for scalar in filename.unicodeScalars {
            switch scalar {
            case "\r", "\n": name.unicodeScalars.append(scalar)
            case "\\", "/": name += "_"
            case _ where scalar.properties.generalCategory == .control: name += "_"
            default: name.unicodeScalars.append(scalar)
            }
        }
        if name.isEmpty { name = "file" }
        guard name.utf8.count > Self.mostNameBytes else { return name }

        var ending = ""
        if let dot = name.lastIndex(of: "."), name[dot...].utf8.count <= 16 {
            ending = String(name[dot...])
            name = String(name[..<dot])
        }
        while name.utf8.count + ending.utf8.count > Self.mostNameBytes { name.removeLast() }
        return name + ending
    }
}
