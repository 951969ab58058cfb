import Core
import Testing

/// What sentences say shall not be done, and what they say in ways of their own.
@Suite struct PlainDenialTests {
    static let denied = [
        ("without cutting the first 10 seconds, 1MB", "with the first 10 s, at most 1MB"),
        ("don't cut the first 10 seconds, 1MB", "with the first 10 s, at most 1MB"),
        ("Do not trim the last 5 seconds", "with the last 5 s"),
        ("without losing the first 10 seconds, 1MB", "with the first 10 s, at most 1MB"),
        ("I do not want to lose the first 10 seconds, 1MB", "with the first 10 s, at most 1MB"),
        ("I don't want the first 10 seconds cut, 8MB", "with the first 10 s, at most 8MB"),
        ("no trimming of the first 10 seconds", "✗ no trimming of the first 10 seconds"),
        ("don't just cut the first 10 seconds", "✗ don't just cut the first 10 seconds"),
        ("don't keep the first 10 seconds", "✗ don't keep the first 10 seconds"),
        (
            "don't cut the first 10 seconds, cut the last 5 seconds, 8MB",
            "with the first 10 s, without the last 5 s, at most 8MB"
        ),
        (
            "don't cut the first 10 seconds and the last 5 seconds, 1MB",
            "with the first 10 s, at most 1MB ✗ the last 5 seconds"
        ),
        ("don't cut the first 10 seconds and mute it", "with the first 10 s ✗ mute it"),
        ("don't mute it and cut the first 10 seconds", "with its sound ✗ cut the first 10 seconds"),
        ("don't trim, keep the first 10 seconds", "nothing cut off ✗ keep the first 10 seconds"),
        ("保留前10秒不要剪，8MB", "nothing cut off, at most 8MB ✗ 保留前10秒"),
        ("don't forget to mute it, 8MB", "no sound, at most 8MB"),
        ("别忘了剪掉前10秒，8MB", "without the first 10 s, at most 8MB"),
        ("don't trim, 8MB", "nothing cut off, at most 8MB"),
        ("compress it without cutting anything to 8MB", "nothing cut off, at most 8MB"),
        ("don't trim or mute it, 8MB", "nothing cut off, with its sound, at most 8MB"),
        ("without muting, 8MB", "with its sound, at most 8MB"),
        ("without removing the sound, 8MB", "with its sound, at most 8MB"),
        ("never mute the video, 8MB", "with its sound, at most 8MB"),
        ("8MB instead of muting it", "at most 8MB, with its sound"),
        ("not without sound, 8MB", "with its sound, at most 8MB"),
        ("no audio loss, 8MB", "at most 8MB ✗ no audio"),
        ("do not change the resolution, 8MB", "as many lines as the source, at most 8MB"),
        ("without changing the resolution, 8MB", "as many lines as the source, at most 8MB"),
        ("don't downscale it, 8MB", "as many lines as the source, at most 8MB"),
        ("keep the frame rate, 8MB", "as many frames as the source, at most 8MB"),
        (
            "without splitting it into 3 parts, 8MB",
            "at most 8MB ✗ without splitting it into 3 parts"
        ),
        ("不要剪掉前10秒，压到1MB", "with the first 10 s, at most 1MB"),
        ("不要把前10秒剪掉，压到1MB", "with the first 10 s, at most 1MB"),
        ("不剪掉前10秒，压到1MB", "with the first 10 s, at most 1MB"),
        ("前10秒不要剪掉，压到1MB", "at most 1MB ✗ 前10秒不要剪掉"),
        ("前10秒不要，压到1MB", "without the first 10 s, at most 1MB"),
        ("不要剪，压到8MB", "nothing cut off, at most 8MB"),
        ("不要静音，压到1MB", "with its sound, at most 1MB"),
        ("不静音，压到1MB", "with its sound, at most 1MB"),
        ("不需要静音，压到1MB", "with its sound, at most 1MB"),
        ("声音不要去掉，压到1MB", "at most 1MB ✗ 声音不要去掉"),
        ("声音不要，压到1MB", "no sound, at most 1MB"),
        ("不要改变分辨率，8MB", "as many lines as the source, at most 8MB"),
    ]

    static let undone = [
        ("don't crop, compress to 1MB", "not cropped, at most 1MB"),
        ("compress to 8MB without adding a watermark", "at most 8MB, nothing added"),
        ("8MB, no cropping please", "at most 8MB, not cropped"),
        ("do not add music or subtitles, 8MB", "nothing added, at most 8MB"),
        ("don't zoom in or crop it, 8MB", "not zoomed, not cropped, at most 8MB"),
        ("I don't want it cropped, 8MB", "not cropped, at most 8MB"),
        ("I don't want you to rotate it, 8MB", "not rotated, at most 8MB"),
        ("don't speed it up, 8MB", "as fast as it is, at most 8MB"),
        ("don't change anything else, 8MB", "nothing else changed, at most 8MB"),
        ("don't mute it, don't crop it, 8MB", "with its sound, not cropped, at most 8MB"),
        ("不要裁剪画面，压到8MB", "not cropped, at most 8MB"),
        ("不要加字幕，压到8MB", "nothing added, at most 8MB"),
        ("不要加速，压到8MB", "as fast as it is, at most 8MB"),
        ("压到8MB，不要改其他的", "at most 8MB, nothing else changed"),
        // A part of it is wanted all the same, or may be.
        ("don't just crop it, 8MB", "at most 8MB ✗ don't just crop"),
        ("don't crop too much, 8MB", "at most 8MB ✗ don't crop"),
        ("don't crop the top half, 8MB", "at most 8MB ✗ don't crop the top half"),
        ("don't add \"Hello\", 8MB", "at most 8MB ✗ don't add \"Hello\""),
        ("don't add music until 0:10, 8MB", "at most 8MB ✗ don't add music until 0:10"),
        ("don't crop it and rotate it, 8MB", "not cropped, at most 8MB ✗ rotate"),
        ("不要加字幕但是加音乐，8MB", "nothing added, at most 8MB ✗ 加音乐"),
        // It is asked for.
        ("why don't you crop it, 8MB", "at most 8MB ✗ why don't you crop"),
        ("can't you crop it, 8MB", "at most 8MB ✗ can't you crop"),
        ("don't forget to crop it, 8MB", "at most 8MB ✗ don't forget to crop"),
        ("not without cropping, 8MB", "at most 8MB ✗ not without cropping"),
        ("crop it without adding music, 8MB", "at most 8MB ✗ crop it without adding music"),
        // A smaller file may change it.
        ("don't change the colours, 8MB", "at most 8MB ✗ don't change the colours"),
        ("don't change the size, 8MB", "at most 8MB ✗ don't"),
    ]

    static let said = [
        ("under 25mb or 10mb", "at most 10MB, the smaller size"),
        ("压到8MB或10MB", "at most 8MB, the smaller size"),
        ("to 25MB, no, 10MB", "at most 10MB, the smaller size ✗ no ?"),
        ("720p, full hd, 8MB", "at most 1080 lines, at most 8MB ?"),
        (
            "under 25 mb for discord and mute it",
            "at most 25MB, the size for Discord, 20 MB, the smaller size, no sound"
        ),
        ("under 8mb for discord", "at most 8MB, for Discord, which takes 20MB"),
        (
            "for discord or whatsapp",
            "for Discord, which takes 20MB, the size for WhatsApp, 16 MB"
        ),
        ("half the size for discord", "at most 50 % of its size, the size for Discord, 20 MB"),
        ("make it a bit smaller", "smaller"),
        ("a little smaller", "smaller"),
        ("slightly smaller please", "smaller"),
        ("a bit louder", "✗ a bit louder"),
        ("make it 30fps and 500kb please", "at most 30 frames a second, at most 500kB"),
        ("first 10 seconds off, 1MB", "without the first 10 s, at most 1MB"),
        ("the last 5 seconds cut off", "without the last 5 s"),
        (
            "please make my video small enough for email",
            "the size for Outlook.com, 14.5 MB in a message of 20 MB"
        ),
        ("at most 20 percent of the size", "at most 20 % of its size"),
        ("send it by whatsapp", "the size for WhatsApp, 16 MB"),
        ("压到五百KB", "at most 500kB"),
        ("二十五兆以内", "at most 25MB"),
        ("压到一百兆", "at most 100MB"),
        ("十MB", "at most 10MB"),
        ("压到两百五十兆", "at most 250MB"),
        ("压到一百零五MB", "at most 105MB"),
        ("1,5 MB", "at most 1.5MB"),
        ("under 8,5MB", "at most 8.5MB"),
        ("1,500 kB", "at most 1.5MB"),
        ("1,5000 MB", "✗ 1,5000 MB"),
        ("720p,8MB", "at most 720 lines, at most 8MB"),
    ]

    @Test("what shall not be done is not done, or is left to somebody else", arguments: denied)
    func readsDenials(_ text: String, _ wish: String) {
        #expect(PlainWish.of(text).summary == wish)
    }

    @Test(
        "an edit that shall not be made needs nobody, unless the words say more",
        arguments: undone
    )
    func readsUndone(_ text: String, _ wish: String) {
        #expect(PlainWish.of(text).summary == wish)
    }

    @Test("sizes and places are read as people say them, and of two the smaller", arguments: said)
    func readsWords(_ text: String, _ wish: String) {
        #expect(PlainWish.of(text).summary == wish)
    }

    @Test("what counts of two things is said with them")
    func saysWhatCounts() {
        #expect(
            PlainWish.of("to 25MB, no, 10MB").contradictions == [
                "it says two different things about the size: the smaller counts"
            ]
        )
        #expect(
            PlainWish.of("1080p, 720p").contradictions == [
                "it says two different things about the resolution: the last counts"
            ]
        )
        #expect(
            PlainWish.of("mute it, keep the sound").contradictions == [
                "it says two different things about the sound: it is kept"
            ]
        )
    }
}
