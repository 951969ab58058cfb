/// EXIF's numbers and the names that they have in its standard.
extension Exif {
    // JEITA CP-3451, tables 4, 7 and 8, and the tags that Windows adds.
    private static let mainNames: [Int: String] = [
        0x010D: "DocumentName", 0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model",
        0x0131: "Software", 0x0132: "DateTime", 0x013B: "Artist", 0x013C: "HostComputer",
        0x02BC: "XMP", 0x4746: "Rating", 0x8298: "Copyright", 0x83BB: "IPTC",
        0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor", 0x9C9E: "XPKeywords",
        0x9C9F: "XPSubject", 0xC4A5: "PrintImageMatching",
    ]

    private static let cameraNames: [Int: String] = [
        0x829A: "ExposureTime", 0x829D: "FNumber", 0x8822: "ExposureProgram",
        0x8827: "ISOSpeedRatings", 0x8830: "SensitivityType", 0x8832: "RecommendedExposureIndex",
        0x9003: "DateTimeOriginal", 0x9004: "DateTimeDigitized", 0x9010: "OffsetTime",
        0x9011: "OffsetTimeOriginal", 0x9012: "OffsetTimeDigitized",
        0x9201: "ShutterSpeedValue", 0x9202: "ApertureValue", 0x9203: "BrightnessValue",
        0x9204: "ExposureBiasValue", 0x9205: "MaxApertureValue", 0x9206: "SubjectDistance",
        0x9207: "MeteringMode", 0x9208: "LightSource", 0x9209: "Flash", 0x920A: "FocalLength",
        0x9214: "SubjectArea", 0x927C: "MakerNote", 0x9286: "UserComment", 0x9290: "SubSecTime",
        0x9291: "SubSecTimeOriginal", 0x9292: "SubSecTimeDigitized",
        0xA20E: "FocalPlaneXResolution",
        0xA20F: "FocalPlaneYResolution", 0xA210: "FocalPlaneResolutionUnit",
        0xA217: "SensingMethod", 0xA300: "FileSource", 0xA301: "SceneType",
        0xA401: "CustomRendered", 0xA402: "ExposureMode", 0xA403: "WhiteBalance",
        0xA404: "DigitalZoomRatio", 0xA405: "FocalLengthIn35mmFilm", 0xA406: "SceneCaptureType",
        0xA407: "GainControl", 0xA408: "Contrast", 0xA409: "Saturation", 0xA40A: "Sharpness",
        0xA40C: "SubjectDistanceRange", 0xA420: "ImageUniqueID", 0xA430: "CameraOwnerName",
        0xA431: "BodySerialNumber", 0xA432: "LensSpecification", 0xA433: "LensMake",
        0xA434: "LensModel", 0xA435: "LensSerialNumber", 0xA460: "CompositeImage",
    ]

    // What only says how the block or the pixels are stored tells nobody anything.
    private static let mechanical: Set<Int> = [
        0x0102, 0x0103, 0x0106, 0x0111, 0x0115, 0x0116, 0x0117, 0x0118, 0x0119, 0x011A, 0x011B,
        0x011C, 0x0128, 0x013D, 0x013E, 0x013F, 0x0140, 0x0142, 0x0143, 0x0144, 0x0145, 0x0152,
        0x0153, 0x015B, 0x0201, 0x0202, 0x0211, 0x0212, 0x0213, 0x0214, 0x00FE, 0x00FF, 0x010A,
        0x8773, 0x9000, 0x9101, 0x9102, 0xA000, 0xA001, 0xA002, 0xA003, 0xA004, 0xA005, 0xA500,
        0xEA1C, 0x501B,
    ]

    /// The name of an entry; nil for those that tell nothing.
    static func name(of tag: Int, inMain: Bool, isPosition: Bool) -> String? {
        let number = "Exif0x" + String(tag, radix: 16, uppercase: true)
        if isPosition { return tag == 0 ? nil : "GPS" + (positionNames[tag] ?? number) }
        if mechanical.contains(tag) { return nil }
        return mainNames[tag] ?? cameraNames[tag] ?? number
    }

    private static let positionNames: [Int: String] = [
        1: "LatitudeRef", 2: "Latitude", 3: "LongitudeRef", 4: "Longitude", 5: "AltitudeRef",
        6: "Altitude", 7: "TimeStamp", 16: "ImgDirectionRef", 17: "ImgDirection", 29: "DateStamp",
    ]

    /// Names of how the camera was set, which nobody wants one by one.
    static let settings: Set<String> = Set(
        cameraNames.filter { number, name in
            !name.hasPrefix("DateTime") && !name.hasPrefix("OffsetTime")
                && !name.hasPrefix("SubSecTime") && !(0xA420...0xA435).contains(number)
                && number != 0x927C && number != 0x9286
        }.values
    )

    /// Names of the moments at which a picture was taken or changed.
    static let dates: Set<String> = [
        "DateTime", "DateTimeOriginal", "DateTimeDigitized", "OffsetTime", "OffsetTimeOriginal",
        "OffsetTimeDigitized", "SubSecTime", "SubSecTimeOriginal", "SubSecTimeDigitized",
    ]

    /// Whether a tag is a text that a block of our own can hold.
    static func isWritable(_ key: String) -> Bool {
        number(of: key) != nil
    }

    private static func number(of key: String) -> (tag: Int, isMain: Bool)? {
        let texts = [
            "ImageDescription", "Make", "Model", "Software", "DateTime", "Artist", "Copyright",
            "DocumentName", "HostComputer",
        ]
        if texts.contains(key), let found = mainNames.first(where: { $0.value == key }) {
            return (found.key, true)
        }
        let isCamera =
            dates.contains(key)
            || ["CameraOwnerName", "BodySerialNumber", "LensMake", "LensModel", "LensSerialNumber"]
                .contains(key)
        guard isCamera, let found = cameraNames.first(where: { $0.value == key }) else {
            return nil
        }
        return (found.key, false)
    }

    /// A block of these texts alone; nil where there is none that it can hold.
    package static func block(of tags: [Metadata.Tag]) -> [UInt8]? {
        var main: [Int: [UInt8]] = [:]
        var camera: [Int: [UInt8]] = [:]
        for tag in tags {
            guard let place = number(of: tag.key), !tag.value.isEmpty else { continue }
            let text = tag.value.utf8.filter { $0 != 0 } + [0]
            if place.isMain { main[place.tag] = text } else { camera[place.tag] = text }
        }
        guard !main.isEmpty || !camera.isEmpty else { return nil }
        var block = Array("MM".utf8)
        block.append(number: 42, bytes: 2)
        block.append(number: 8, bytes: 4)
        if camera.isEmpty {
            append(main, to: &block)
        } else {
            // What follows the main directory begins where that one ends.
            var alone = block
            append(main, link: 0, to: &alone)
            append(main, link: alone.count, to: &block)
            append(camera, to: &block)
        }
        return block
    }

    /// A directory and then its texts, in the order of their numbers.
    private static func append(_ texts: [Int: [UInt8]], link: Int? = nil, to block: inout [UInt8]) {
        let count = texts.count + (link == nil ? 0 : 1)
        var place = block.count + 2 + count * 12 + 4
        var values: [UInt8] = []
        block.append(number: count, bytes: 2)
        for (tag, text) in texts.sorted(by: { $0.key < $1.key }) {
            block.append(number: tag, bytes: 2)
            block.append(number: 2, bytes: 2)
            block.append(number: text.count, bytes: 4)
            if text.count <= 4 {
                block += text + [UInt8](repeating: 0, count: 4 - text.count)
            } else {
                block.append(number: place, bytes: 4)
                values += text
                // Values begin at even offsets.
                if values.count % 2 == 1 { values.append(0) }
                place += text.count + text.count % 2
            }
        }
        // Its number is above those of all texts of the main directory but the copyright's.
        if let link {
            block.append(number: 0x8769, bytes: 2)
            block.append(number: 4, bytes: 2)
            block.append(number: 1, bytes: 4)
            block.append(number: link, bytes: 4)
        }
        block.append(number: 0, bytes: 4)
        block += values
    }
}
