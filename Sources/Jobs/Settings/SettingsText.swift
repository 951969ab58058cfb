package import Core
import Engine
package import Foundation
import Synchronization
package import SystemPackage
import TOMLKit

/// The text of a file of settings, read as TOML in a process of its own.
///
/// toml++ inside of TOMLKit ends the process at some texts that are not TOML, `a = }` among them, because its
/// assertions stay in release builds: a typing error must be told, not crash.
package enum SettingsText {
    /// What a text comes to.
    package enum Reading: Codable, Equatable {
        case value(Value)
        case malformed(line: Int, column: Int, words: String)
    }

    /// A value of TOML as JSON has it; dates are texts.
    package enum Value: Codable, Equatable {
        case text(String)
        case number(Int)
        case decimal(Double)
        case flag(Bool)
        case table([String: Value])
        /// What no setting is.
        case other

        package init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let table = try? container.decode([String: Value].self) {
                self = .table(table)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else if let number = try? container.decode(Double.self) {
                self = .decimal(number)
            } else {
                self = .other
            }
        }

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .decimal(let number): try container.encode(number)
            case .flag(let flag): try container.encode(flag)
            case .table(let table): try container.encode(table)
            case .other: try container.encodeNil()
            }
        }

        /// As it would stand on the command line; nil where it could not.
        package var words: String? {
            switch self {
            case .text(let text): text
            case .number(let number): "\(number)"
            case .decimal(let number): number.isFinite ? "\(number)" : nil
            case .flag(let flag): "\(flag)"
            case .table, .other: nil
            }
        }

        package var isFlag: Bool { if case .flag = self { true } else { false } }
    }

    /// The line where a key of the top level is set, counted from 1; nil where it is not easily seen.
    ///
    /// For messages alone: the reader does not tell where a value stood.
    package static func line(of key: String, in text: String) -> Int? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var isTop = true
        for (index, line) in lines.enumerated() {
            let words = line.trimmingPrefix { $0.isWhitespace }
            if words.hasPrefix("[") {
                isTop = false
                let name = words.drop { $0 == "[" }.prefix { $0 != "]" && $0 != "." }
                if bare(name) == key { return index + 1 }
            } else if isTop {
                let name = words.prefix { $0 != "=" && $0 != "." }
                if name.count < words.count, bare(name) == key { return index + 1 }
            }
        }
        return nil
    }

    private static func bare(_ name: Substring) -> String {
        name.trimmingCharacters(in: .whitespaces).trimmingCharacters(in: ["\"", "'"])
    }

    /// The one argument of the process that reads, which nobody types.
    package static let argument = "__settings"

    /// The program; nil in tests, which read in their own process.
    package static let program = Locked<FilePath?>(nil)

    /// Reads a text; nil where it is so far from TOML that the reader gave up.
    package static func read(_ text: String) -> Reading? {
        // No process for nothing.
        if text.allSatisfy(\.isWhitespace) { return .value(.table([:])) }
        guard let program = program.withLock({ $0 }) else { return parse(text) }
        guard let process = try? ChildProcess(program, [argument]) else { return nil }
        // It reads all before it writes anything.
        try? process.input.write(contentsOf: Data(text.utf8))
        try? process.input.close()
        let answer = (try? process.output.readToEnd()) ?? Data()
        _ = process.wait()
        return try? JSONDecoder().decode(Reading.self, from: answer)
    }

    /// What the other process answers to all that it was given.
    package static func answer(to text: Data) -> Data {
        (try? JSONEncoder().encode(parse(String(decoding: text, as: UTF8.self)))) ?? Data()
    }

    private static func parse(_ text: String) -> Reading {
        do {
            let json = try TOMLTable(string: text).convert(to: .json)
            return .value(try JSONDecoder().decode(Value.self, from: Data(json.utf8)))
        } catch let error as TOMLParseError {
            let place = error.source.begin
            return .malformed(line: place.line, column: place.column, words: error.description)
        } catch {
            return .malformed(line: 1, column: 1, words: "\(error)")
        }
    }
}
