/// What a phone writes into a picture, as a block of EXIF put together by hand.
package struct PhoneWords: Sendable {
    /// EXIF's number, 1 to 8; nil for none.
    package var orientation: Int?
    package var isLittleEndian: Bool
    package var title: String?
    package var hasPlace: Bool
    package var hasCamera: Bool
    package var hasOwner: Bool
    package var hasDates: Bool
    /// Bytes that stand for a small picture.
    package var thumbnail: [UInt8]

    package init(
        orientation: Int? = nil,
        isLittleEndian: Bool = false,
        title: String? = "Harbour at dusk",
        hasPlace: Bool = true,
        hasCamera: Bool = true,
        hasOwner: Bool = true,
        hasDates: Bool = true,
        thumbnail: [UInt8] = []
    ) {
        self.orientation = orientation
        self.isLittleEndian = isLittleEndian
        self.title = title
        self.hasPlace = hasPlace
        self.hasCamera = hasCamera
        self.hasOwner = hasOwner
        self.hasDates = hasDates
        self.thumbnail = thumbnail
    }

    package static let date = "2024:05:06 07:08:09"
    package static let maker = "Fabrikam"
    package static let serial = "SN-0042-7781"
    package static let owner = "Robin Fields"
    package static let latitude = 52

    private struct Entry {
        var tag: Int
        var type: Int
        var count: Int
        var value: [UInt8]
    }

    /// The block, from `II` or `MM` on.
    package var block: [UInt8] {
        var main: [Entry] = []
        if let title { main.append(text(0x010E, title)) }
        if hasCamera { main += [text(0x010F, Self.maker), text(0x0110, "Fabrikam Nine")] }
        if let orientation { main.append(short(0x0112, orientation)) }
        if hasDates { main.append(text(0x0132, Self.date)) }
        if hasOwner { main.append(text(0x013B, Self.owner)) }
        var camera: [Entry] = []
        if hasDates {
            camera += [text(0x9003, Self.date), text(0x9011, "+02:00")]
        }
        if hasCamera {
            camera.append(
                Entry(tag: 0x927C, type: 7, count: 40, value: [UInt8](repeating: 7, count: 40))
            )
        }
        camera.append(short(0xA001, 1))
        if hasOwner { camera.append(text(0xA430, Self.owner)) }
        if hasCamera { camera.append(text(0xA431, Self.serial)) }
        var place: [Entry] = []
        if hasPlace {
            let degrees = [Self.latitude, 1, 31, 1, 12, 1].flatMap { number($0, 4) }
            place = [text(1, "N"), Entry(tag: 2, type: 5, count: 3, value: degrees)]
        }

        var block = Array((isLittleEndian ? "II" : "MM").utf8) + number(42, 2) + number(8, 4)
        // Links have a length that does not depend on where they lead.
        func mainDirectory(_ links: [Int], next: Int, at start: Int) -> [UInt8] {
            var entries = main + [long(0x8769, links[0])]
            if hasPlace { entries.append(long(0x8825, links[1])) }
            return directory(entries, next: next, at: start)
        }
        let first = mainDirectory([0, 0], next: 0, at: 8).count
        let cameraStart = 8 + first
        let cameraBytes = directory(camera, next: 0, at: cameraStart)
        let placeStart = cameraStart + cameraBytes.count
        let placeBytes = hasPlace ? directory(place, next: 0, at: placeStart) : []
        let smallStart = placeStart + placeBytes.count
        var smallBytes: [UInt8] = []
        if !thumbnail.isEmpty {
            let length = directory([long(0x0201, 0), long(0x0202, 0)], next: 0, at: 0).count
            smallBytes = directory(
                [long(0x0201, smallStart + length), long(0x0202, thumbnail.count)],
                next: 0,
                at: smallStart
            )
        }
        block += mainDirectory(
            [cameraStart, placeStart],
            next: thumbnail.isEmpty ? 0 : smallStart,
            at: 8
        )
        return block + cameraBytes + placeBytes + smallBytes + thumbnail
    }

    private func number(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { index in
            let shift = (isLittleEndian ? index : bytes - 1 - index) * 8
            return UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    private func text(_ tag: Int, _ text: String) -> Entry {
        let bytes = Array(text.utf8) + [0]
        return Entry(tag: tag, type: 2, count: bytes.count, value: bytes)
    }

    private func short(_ tag: Int, _ value: Int) -> Entry {
        Entry(tag: tag, type: 3, count: 1, value: number(value, 2) + [0, 0])
    }

    private func long(_ tag: Int, _ value: Int) -> Entry {
        Entry(tag: tag, type: 4, count: 1, value: number(value, 4))
    }

    private func directory(_ entries: [Entry], next: Int, at start: Int) -> [UInt8] {
        var bytes = number(entries.count, 2)
        var values: [UInt8] = []
        let end = start + 2 + entries.count * 12 + 4
        for entry in entries.sorted(by: { $0.tag < $1.tag }) {
            bytes += number(entry.tag, 2) + number(entry.type, 2) + number(entry.count, 4)
            if entry.value.count <= 4 {
                bytes += entry.value + [UInt8](repeating: 0, count: 4 - entry.value.count)
            } else {
                bytes += number(end + values.count, 4)
                values += entry.value
            }
        }
        return bytes + number(next, 4) + values
    }

    /// A JPEG with this block in it, right behind its first marker.
    package func inserted(into jpeg: [UInt8]) -> [UInt8] {
        let payload = Array("Exif\0\0".utf8) + block
        let length = payload.count + 2
        return Array(jpeg.prefix(2)) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)]
            + payload + jpeg.dropFirst(2)
    }
}
