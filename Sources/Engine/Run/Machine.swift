import Core
import Foundation
package import SystemPackage

/// What the machine has to spare, and which one it is.
package enum Machine {
    /// Memory that can be had without pushing anything out; nil where the system does not say.
    package static var availableMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else {
            return nil
        }
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            let digits = line.filter(\.isNumber)
            return Int(digits).map { $0 * 1024 }
        }
        return nil
    }

    /// The user's languages, the first the most wanted, as `en_GB.UTF-8` or `en`.
    package static var languages: [String] {
        let environment = ProcessInfo.processInfo.environment
        var languages: [String] = []
        for name in ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"] {
            let value = environment[name] ?? ""
            languages += value.split(separator: ":").map(String.init)
        }
        // The C locale names no language.
        return languages.filter { $0 != "C" && $0 != "POSIX" && !$0.hasPrefix("C.") }
    }

    /// Bytes free where a folder is.
    package static func freeBytes(in folder: FilePath) -> Int? {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder.string)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }

    /// The machine's name, for people.
    static let hostName: String = {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "another machine" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }()

    /// A text that no other machine has, nor this one after its next start.
    static let bootIdentifier: String = {
        #if os(Linux)
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? hostName
        #else
        var text = [CChar](repeating: 0, count: 64)
        var count = text.count - 1
        guard unsafe sysctlbyname("kern.bootsessionuuid", &text, &count, nil, 0) == 0 else {
            return hostName
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        #endif
    }()
}
