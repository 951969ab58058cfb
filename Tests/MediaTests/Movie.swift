import Foundation

/// A QuickTime file put together by hand, with whatever its index is to claim.
struct Movie {
    var width = 64
    var height = 48
    /// What the table of times says, in frames of one tick.
    var declaredFrames = 1
    /// What the table of sizes says.
    var indexedFrames = 1
    var tracks = 1
    /// Another file that the picture is said to be in.
    var external: String?

    var data: Data {
        let head = box("ftyp", Data("qt  ".utf8) + big(0, 4) + Data("qt  ".utf8))
        let payload = box("mdat", Data(count: 64))
        let track = self.track(offset: head.count + 8)
        return head + payload
            + box("moov", header + (0..<tracks).reduce(Data()) { data, _ in data + track })
    }

    private var header: Data {
        box(
            "mvhd",
            big(0, 12) + big(25, 4) + big(25, 4) + big(0x10000, 4) + Data(count: 76) + big(2, 4)
        )
    }

    private func track(offset: Int) -> Data {
        let size = big(width << 16, 4) + big(height << 16, 4)
        let place = big(0, 8) + big(1, 4) + big(0, 4) + big(25, 4) + Data(count: 16)
        let matrix = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000]
            .reduce(Data()) { $0 + big($1, 4) }
        let media =
            box("mdhd", big(0, 12) + big(25, 4) + big(25, 4) + big(0, 4))
            + box("hdlr", big(0, 4) + Data("mhlrvide".utf8) + Data(count: 13))
            + box(
                "minf",
                box("vmhd", big(1, 4) + big(0, 8)) + box("dinf", references) + table(offset)
            )
        return box("trak", box("tkhd", big(0xF, 4) + place + matrix + size) + box("mdia", media))
    }

    private var references: Data {
        var entry = box("url ", big(1, 4))
        if let external {
            // An alias of the Macintosh: 108 bytes of volume and name, then the whole path as item 2.
            let path = Data(external.utf8) + Data(count: external.utf8.count % 2)
            let name = Data((external.split(separator: "/").last.map(String.init) ?? "").utf8)
            let volume = big(0, 10) + big(0, 1) + Data(count: 27) + Data(count: 12)
            let file = big(name.count, 1) + name.prefix(63) + Data(count: max(0, 63 - name.count))
            let levels = Data(count: 16) + big(1, 2) + big(1, 2) + Data(count: 16)
            let items = big(2, 2) + big(path.count, 2) + path + big(0xFFFF, 2) + big(0, 2)
            entry = box("alis", big(0, 4) + volume + file + levels + items)
        }
        return box("dref", big(0, 4) + big(1, 4) + entry)
    }

    private func table(_ offset: Int) -> Data {
        let format =
            Data(count: 6) + big(1, 2) + Data(count: 16) + big(width, 2) + big(height, 2)
            + big(0x480000, 4) + big(0x480000, 4) + big(0, 4) + big(1, 2) + Data(count: 32)
            + big(24, 2) + big(0xFFFF, 2)
        var times = Data()
        var entries = 0
        var left = declaredFrames
        while left > 0 {
            times += big(min(left, 0xFFFF_FFFF), 4) + big(1, 4)
            left -= 0xFFFF_FFFF
            entries += 1
        }
        return box(
            "stbl",
            box("stsd", big(0, 4) + big(1, 4) + box("jpeg", format))
                + box("stts", big(0, 4) + big(entries, 4) + times)
                + box("stsc", big(0, 4) + big(1, 4) + big(1, 4) + big(indexedFrames, 4) + big(1, 4))
                + box("stsz", big(0, 4) + big(16, 4) + big(indexedFrames, 4))
                + box("stco", big(0, 4) + big(1, 4) + big(offset, 4))
        )
    }

    private func box(_ type: String, _ content: Data) -> Data {
        big(content.count + 8, 4) + Data(type.utf8) + content
    }

    private func big(_ value: Int, _ bytes: Int) -> Data {
        Data((0..<bytes).map { UInt8(truncatingIfNeeded: value >> ((bytes - 1 - $0) * 8)) })
    }
}
