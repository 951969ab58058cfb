import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Jobs

@Suite("Lines of JSON that several processes add to")
struct JSONLinesFileTests {
    private let folder: Folder

    init() throws { folder = try Folder() }

    @Test("many writers at once lose nothing and tear nothing")
    func writers() async throws {
        let file = LineFile(path: folder.file("lines.jsonl"))
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                group.addTask { for number in 0..<20 { file.add(["\(writer)", "\(number)"]) } }
            }
        }
        let values = file.values([String].self)
        #expect(values.count == 160 && Set(values).count == 160)
        for writer in 0..<8 {
            let own = values.filter { $0[0] == "\(writer)" }.map { $0[1] }
            #expect(own == (0..<20).map { "\($0)" })
        }
    }

    @Test("it keeps the newest and does not grow for ever")
    func bounded() throws {
        let file = LineFile(path: folder.file("lines.jsonl"), mostBytes: 2000)
        for number in 0..<500 { file.add([number]) }
        let values = file.values([Int].self).map { $0[0] }
        #expect(values.last == 499 && values.count > 50 && values.count < 500)
        #expect(values == Array((500 - values.count)..<500))
        let size = try FileManager.default.attributesOfItem(atPath: file.path.string)[.size]
        #expect((size as? NSNumber)?.intValue ?? 0 <= 2010)
    }

    @Test("a line that was torn by a crash costs itself alone")
    func torn() throws {
        try folder.file("lines.jsonl").write(Data("[1]\n[2".utf8))
        let file = LineFile(path: folder.file("lines.jsonl"))
        #expect(file.values([Int].self) == [[1]])
        #expect(file.add([3]))
        #expect(file.values([Int].self) == [[1], [3]])
    }

    @Test("what is no plain file is neither read nor written, and that harms nobody")
    func strange() throws {
        let file = LineFile(path: folder.file("lines.jsonl"))
        try FileManager.default.createSymbolicLink(
            atPath: file.path.string,
            withDestinationPath: folder.file("elsewhere").string
        )
        #expect(!file.add([1]))
        #expect(file.values([Int].self).isEmpty)
        #expect(!folder.names.contains("elsewhere"))
    }
}
