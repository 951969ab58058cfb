package import Core
import Foundation
import SystemPackage

extension LedgerEntry {
    package init(_ key: LedgerKey, of report: Report) {
        self.init(
            key: key,
            output: Ledger.whole(report.output),
            bytes: report.bytes,
            inputBytes: report.inputBytes
        )
    }
}

/// What batches of this user have made, so that an interrupted one can go on.
///
/// A file counts as made where its source has the same content, by size and samples of its bytes, the wish is
/// the same, and the result is still there with its size.
package struct Ledger: Sendable {
    /// Nil where the environment names no place for it: then nothing is remembered.
    private let file: LineFile?

    package init(_ environment: [String: String]) {
        file = LineFile(named: "batches.jsonl", in: environment, mostBytes: 8 << 20)
    }

    /// What of the batch is made already and still there, by the number of the file.
    ///
    /// One result stands for one file: of two with the same content each has its own. It must lie in the folder
    /// where it would go now, and with `isSameName` begin with the source's name. `keys` are those of the files,
    /// by their numbers.
    package func made(
        _ items: [BatchItem],
        keys: [Int: LedgerKey],
        isSameName: Bool = false
    ) -> [Int: LedgerEntry] {
        let wanted = Set(keys.values)
        var entries: [LedgerKey: [String: LedgerEntry]] = [:]
        for entry in file?.values(LedgerEntry.self) ?? [] where wanted.contains(entry.key) {
            entries[entry.key, default: [:]][entry.output] = entry
        }
        for (key, all) in entries {
            entries[key] = all.filter { FilePath($0.key).fileBytes == $0.value.bytes }
        }
        var made: [Int: LedgerEntry] = [:]
        func take(_ item: BatchItem, _ isMeant: (String) -> Bool) {
            guard made[item.number] == nil, let key = keys[item.number],
                let output = entries[key]?.keys.sorted().first(where: isMeant)
            else { return }
            made[item.number] = entries[key]?.removeValue(forKey: output)
        }
        // Its own result first; one by another name was made before the source was renamed.
        for item in items {
            let places = Set(item.request.destinations.map { Self.whole($0.string) })
            take(item, places.contains)
        }
        for item in items {
            let folder = item.request.destination.removingLastComponent().string
            let start = isSameName ? (item.request.input.stem ?? "") + "-" : ""
            let whole = Self.whole(folder.isEmpty ? "." : folder)
            take(item) { output in
                let output = FilePath(output)
                return output.removingLastComponent().string == whole
                    && output.lastComponent?.string.hasPrefix(start) == true
            }
        }
        return made
    }

    /// A path as it is remembered: whole, so that it says something elsewhere too; a standard stream has none.
    package static func whole(_ path: String) -> String {
        path == "-" ? path : URL(fileURLWithPath: path).standardizedFileURL.path
    }

    package func add(_ entry: LedgerEntry) { file?.add(entry) }

    /// The key of a source and what is wanted of it; nil where it cannot be read.
    ///
    /// `total`: of the batch, where that decides about the bytes; `edit`: what is done with it besides.
    package static func key(of request: Request, total: Int?, edit: String? = nil) -> LedgerKey? {
        guard let file = try? RegularFile(request.input, for: .reading),
            let bytes = try? file.byteCount
        else { return nil }
        var parts: [[UInt8]] = []
        for offset in LedgerKey.offsets(bytes: bytes) {
            guard let part = try? file.bytes(from: offset, atMost: LedgerKey.partBytes),
                !part.isEmpty
            else { return nil }
            parts.append(part)
        }
        let wish = wish(of: request, total: total) + (edit.map { " and \($0)" } ?? "")
        return LedgerKey(bytes: bytes, parts: parts, wish: wish)
    }

    /// All of a request but where it reads and writes, so that nothing that decides is ever forgotten here.
    private static func wish(of request: Request, total: Int?) -> String {
        var wish = request
        wish.input = ""
        wish.output = nil
        wish.folder = nil
        wish.stem = nil
        wish.overwrites = false
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let text = (try? encoder.encode(wish)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text + (total.map { " of \($0)" } ?? "")
    }
}
