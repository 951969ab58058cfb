import Core
import Testing

/// How sizes are read and written.
@Suite struct ByteSizeTests {
    @Test(
        "a size is read as people write it",
        arguments: [
            ("8MB", 8_000_000), ("8mb", 8_000_000), ("8Mb", 8_000_000), ("8M", 8_000_000),
            ("8 MB", 8_000_000), ("  8  MB", 8_000_000), ("8MB ", 8_000_000),
            ("8MiB", 8_388_608), ("8mib", 8_388_608), ("8000000", 8_000_000), ("8B", 8),
            ("8 bytes", 8), ("1 byte", 1), ("1.5GB", 1_500_000_000), ("1.5GiB", 1_610_612_736),
            ("900k", 900_000), ("900KB", 900_000), ("900KiB", 921_600), (".5MB", 500_000),
            ("5.MB", 5_000_000), ("0.5k", 500), ("007MB", 7_000_000), ("1TB", 1_000_000_000_000),
            ("1TiB", 1 << 40), ("1000TB", 1_000_000_000_000_000),
        ]
    )
    func reads(_ text: String, _ bytes: Int) throws {
        #expect(try ByteSize(parsing: text).bytes == bytes)
    }

    @Test(
        "decimal fractions are exact, and what falls below a byte is cut off",
        arguments: [
            ("8.3MB", 8_300_000), ("0.1GB", 100_000_000), ("7.99MB", 7_990_000),
            ("1.0000009MB", 1_000_000), ("1.9999B", 1), ("0.3333333333333333333MiB", 349_525),
            ("1.999999999999999999TB", 1_999_999_999_999),
        ]
    )
    func fractionsAreExact(_ text: String, _ bytes: Int) throws {
        #expect(try ByteSize(parsing: text).bytes == bytes)
    }

    @Test("a decimal comma is told how it is written here")
    func comma() {
        let error = #expect(throws: ByteSize.ParseError.self) { try ByteSize(parsing: "8,5MB") }
        #expect(error?.description == "'8,5MB' has a comma in its number; write 8.5MB")
        let groups = #expect(throws: ByteSize.ParseError.self) { try ByteSize(parsing: "1,500k") }
        #expect(groups?.description.hasSuffix("write it without one") == true)
    }

    @Test(
        "what is no size is refused",
        arguments: [
            "", " ", "abc", "MB", "8XB", "8 parsecs", "-1MB", "+1MB", "- 1MB", "0", "0MB", "0.0GB",
            "0.0000001k", "0.4B", "1e9", "1e9MB", "8..5MB", "8.5.1MB", ".", ".MB", "..", "8,5MB",
            "8'000'000", "1 000 000", "0x10", "٨MB", "８MB", "8㎆", "²MB", "½MB", "8MB8", "NaN",
            "inf", "8\tMB", "8MB\n", "2PB", "1001TB", "9223372036854775807",
            "9223372036854775808", "99999999999999999999999GB", "8388608TiB",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: ByteSize.ParseError.self) { try ByteSize(parsing: text) }
    }

    @Test("a fraction above the largest size is refused as well")
    func refusesFractionAboveLimit() {
        #expect(throws: ByteSize.ParseError.self) { try ByteSize(parsing: "1000.1TB") }
    }

    @Test(
        "the refusal says what is wrong and what would be right",
        arguments: [
            ("-1MB", "sign"), ("abc", "'abc'"), ("8XB", "'xb'"), ("8..5MB", "'8..5'"),
            ("2PB", "'pb'"), ("2000TB", "1 PB"), ("0", "zero"),
        ]
    )
    func refusalExplains(_ text: String, _ part: String) throws {
        let error = #expect(throws: ByteSize.ParseError.self) { try ByteSize(parsing: text) }
        let description = try #require(error).description
        #expect(description.contains(part))
        #expect(description.contains("write 8MB"))
    }

    @Test(
        "a size is shown with three significant digits, never more than there are",
        arguments: [
            (0, "0 bytes"), (512, "512 bytes"), (999, "999 bytes"), (1000, "1.00 kB"),
            (1005, "1.00 kB"), (12_340, "12.3 kB"), (480_000, "480 kB"), (999_999, "999 kB"),
            (7_995_123, "7.99 MB"), (8_000_000, "8.00 MB"), (8_050_000, "8.05 MB"),
            (12_345_678, "12.3 MB"), (1_500_000_000, "1.50 GB"), (2_000_000_000_000, "2.00 TB"),
        ]
    )
    func shows(_ bytes: Int, _ text: String) {
        #expect(ByteSize.text(bytes) == text)
        #expect(ByteSize(bytes: bytes).description == text)
    }

    @Test(
        "a receipt shows all digits in groups of three",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1 000"), (7_995_123, "7 995 123"),
            (-1234, "-1 234"), (100_000, "100 000"), (Int.min, "-9 223 372 036 854 775 808"),
        ]
    )
    func groups(_ bytes: Int, _ text: String) {
        #expect(ByteSize.grouped(bytes) == text)
    }

    @Test(
        "a file name carries the size as it was asked",
        arguments: [
            ("8MB", "8MB"), ("8MiB", "8MiB"), ("7.5MiB", "7.5MiB"), ("7.5MB", "7.5MB"),
            ("900k", "900kB"), ("1.5GB", "1.5GB"), ("2GiB", "2GiB"), ("8123456", "8123456B"),
            ("512KiB", "512KiB"), ("25 mb", "25MB"), ("999", "999B"),
        ]
    )
    func fileNames(_ asked: String, _ name: String) throws {
        #expect(try ByteSize(parsing: asked).fileNameText == name)
    }

    @Test(
        "the text in a file name reads back as the same size",
        arguments: [
            1, 999, 1000, 1024, 1536, 900_000, 1_000_000, 1_048_576, 8_123_456, 10_000_000,
            1_073_741_824, 1_500_000_000, 25_000_001, 2_000_000_000_000,
        ]
    )
    func fileNameReadsBack(_ bytes: Int) throws {
        let size = ByteSize(bytes: bytes)
        #expect(try ByteSize(parsing: size.fileNameText) == size)
    }

    @Test("sizes compare by their bytes")
    func compares() throws {
        #expect(try ByteSize(parsing: "8MB") < ByteSize(parsing: "8MiB"))
        #expect(try ByteSize(parsing: "1000k") == ByteSize(parsing: "1MB"))
    }
}
