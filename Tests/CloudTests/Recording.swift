import Foundation
import TestSupport

@testable import Cloud

/// Answers of a real server, as `Fixtures/cloud` keeps them.
struct Recording {
    /// The bodies by name, such as `boom streaming=true`, as bytes.
    var bodies: [String: [UInt8]] = [:]

    init(_ data: Data) {
        let bytes = [UInt8](data)
        let mark = Array("##### ".utf8)
        let blankLine = Array("\r\n\r\n".utf8)
        var starts: [Int] = []
        for place in bytes.indices where bytes[place...].starts(with: mark) {
            if place == 0 || bytes[place - 1] == 0x0A { starts.append(place) }
        }
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : bytes.count
            let section = bytes[start + mark.count..<end]
            guard let line = section.firstIndex(of: 0x0A) else { continue }
            let name = String(decoding: section[..<line], as: UTF8.self)
            let answer = section[(line + 1)...]
            let hasHead = answer.starts(with: "HTTP/".utf8)
            let head = hasHead ? answer.firstRange(of: blankLine) : nil
            bodies[name] = Array(answer[(head?.upperBound ?? answer.startIndex)...])
        }
    }

    init(fixture: String) throws {
        self.init(try Fixture.path("cloud/\(fixture)").contents())
    }

    static let versions = ["1.4.2", "1.26.0", "2.13.0"]
}
