import Foundation
package import SystemPackage

/// An MP4's boxes, read and patched by hand: what the project's muxer never writes, tests need to read.
package enum MP4 {
    package struct Box: Sendable {
        package var type: String
        /// The whole box in the file, header included.
        package var range: Range<Int>
    }

    private struct Missing: Error {
        var box: String
    }

    /// The boxes of the file itself, in order, as in `ftyp`, `moov`, `mdat`.
    package static func topLevelTypes(of path: FilePath) throws -> [String] {
        let data = try path.contents()
        return boxes(in: data, 0..<data.count).map(\.type)
    }

    /// Gives the picture a display matrix: `a b c d` of ISO 14496-12, each -1, 0 or 1.
    package static func setMatrix(_ values: [Int], of path: FilePath) throws {
        var data = try path.contents()
        let header = try find(["moov", "trak", "tkhd"], in: data)
        let isLong = data[header.range.lowerBound + 8] == 1
        let start = header.range.lowerBound + (isLong ? 60 : 48)
        // a b u, c d v, x y w: 16.16 but for u, v, w.
        for (place, value) in zip([0, 1, 3, 4], values) {
            put(UInt32(bitPattern: Int32(value * 65_536)), at: start + place * 4, in: &data)
        }
        try path.write(data)
    }

    /// Cuts a file to its first bytes.
    package static func cut(_ path: FilePath, to count: Int) throws {
        try path.write(try path.contents().prefix(count))
    }

    /// Declares the picture to be Dolby Vision, as in a `dvcC` box at the end of its sample entry.
    ///
    /// The index has to come after the pictures, as it does without `+faststart`.
    package static func declareDolbyVision(
        profile: Int,
        compatibility: Int,
        of path: FilePath
    ) throws {
        var data = try path.contents()
        // Two bytes of version, then profile, level and layers in sixteen bits; the rest is reserved.
        let layers = UInt16(profile << 9 | 6 << 3 | 0b101)
        let record = [1, 0, UInt8(layers >> 8), UInt8(layers & 255), UInt8(compatibility << 4)]
        var box = Data(count: 32)
        put(32, at: 0, in: &box)
        box.replaceSubrange(4..<8, with: Data("dvcC".utf8))
        box.replaceSubrange(8..<13, with: record)
        let parents = ["moov", "trak", "mdia", "minf", "stbl", "stsd"]
        let tables = try (1...parents.count).map { try find(Array(parents.prefix($0)), in: data) }
        let table = tables[parents.count - 1].range
        guard let entry = boxes(in: data, (table.lowerBound + 16)..<table.upperBound).first else {
            throw Missing(box: "sample entry")
        }
        for box in tables + [entry] {
            put(UInt32(box.range.count + 32), at: box.range.lowerBound, in: &data)
        }
        data.insert(contentsOf: box, at: entry.range.upperBound)
        try path.write(data)
    }

    private static func find(_ types: [String], in data: Data) throws -> Box {
        var range = 0..<data.count
        var found: Box?
        for type in types {
            guard let box = boxes(in: data, range).first(where: { $0.type == type }) else {
                throw Missing(box: type)
            }
            found = box
            range = (box.range.lowerBound + 8)..<box.range.upperBound
        }
        guard let found else { throw Missing(box: types.joined(separator: "/")) }
        return found
    }

    private static func boxes(in data: Data, _ range: Range<Int>) -> [Box] {
        var boxes: [Box] = []
        var offset = range.lowerBound
        while offset + 8 <= range.upperBound {
            var size = Int(number(at: offset, in: data))
            let type = String(decoding: data[(offset + 4)..<(offset + 8)], as: UTF8.self)
            if size == 1, offset + 16 <= range.upperBound {
                size = Int(number(at: offset + 12, in: data))
            }
            if size == 0 { size = range.upperBound - offset }
            guard size >= 8, offset + size <= range.upperBound else { break }
            boxes.append(Box(type: type, range: offset..<(offset + size)))
            offset += size
        }
        return boxes
    }

    private static func number(at offset: Int, in data: Data) -> UInt32 {
        data[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func put(_ value: UInt32, at offset: Int, in data: inout Data) {
        for index in 0..<4 {
            data[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(24 - index * 8))
        }
    }
}
