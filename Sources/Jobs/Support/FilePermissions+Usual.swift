import Foundation
package import SystemPackage

extension FilePermissions {
    /// The permissions that new files get here (0666 without the umask).
    ///
    /// The mask can only be read by setting it, which should not happen beside other threads: a program asks for
    /// this before it has any.
    package static let usual: FilePermissions = {
        let mask = umask(0o077)
        _ = umask(mask)
        return FilePermissions(rawValue: 0o666 & ~mask)
    }()
}
