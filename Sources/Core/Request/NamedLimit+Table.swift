extension NamedLimit {
    private static let lately = "2026-11-21"
    private static let earlier = "2026-11"

    /// What places take, as known in November 2026.
    ///
    /// "10 MB" is taken as 10 000 000 unless a count of bytes was seen.
    static let table: [NamedLimit] = chats + mails + posts

    private static let chats: [NamedLimit] = [
        NamedLimit(
            "discord",
            "Discord",
            .file(bytes: 20_000_000),
            .decimal,
            remarks: [
                "free accounts, since August 2026; 10 MB before, and on servers that lag behind"
            ],
            source: "https://github.com/discord/discord-api-docs/pull/8578",
            grade: .b,
            checked: lately
        ),
        NamedLimit(
            "discord-safe",
            "Discord (old limit)",
            .file(bytes: 10_000_000),
            .decimal,
            remarks: ["what free accounts could send from September 2024 to August 2026"],
            source: "https://github.com/discord/discord-api-docs/pull/7312",
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "discord-basic",
            "Discord Nitro Basic",
            .file(bytes: 50_000_000),
            .decimal,
            remarks: ["also on servers of boost level 2"],
            source: "Discord's pages, and two client libraries that keep to them",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "discord-nitro",
            "Discord Nitro",
            .file(bytes: 500_000_000),
            .decimal,
            source: "Discord's pages, and two client libraries that keep to them",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "discord-boost-3",
            "Discord boost level 3",
            .file(bytes: 100_000_000),
            .decimal,
            source: "Discord's pages, and two client libraries that keep to them",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "whatsapp",
            "WhatsApp",
            .file(bytes: 16_000_000),
            .decimal,
            remarks: [
                "a video that plays in the chat; newer apps are said to take 64 MB, or 100 MB on fast lines"
            ],
            source: "its API's documents, and help pages of others for the app",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "whatsapp-api",
            "WhatsApp Cloud API",
            .file(bytes: 16_000_000),
            .decimal,
            remarks: ["H.264 and AAC, one sound track at most"],
            source:
                "https://docs.aws.amazon.com/social-messaging/latest/userguide/supported-media-types.html",
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "whatsapp-document",
            "WhatsApp document",
            .file(bytes: 2_000_000_000),
            .decimal,
            remarks: ["100 MB through its API"],
            source: "help pages of others",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "telegram",
            "Telegram",
            .file(bytes: 2000 << 20),
            .exact,
            source: "its apps and their libraries",
            grade: .b,
            checked: earlier
        ),
        NamedLimit(
            "telegram-premium",
            "Telegram Premium",
            .file(bytes: 4_000_000_000),
            .decimal,
            source: "its apps and their libraries",
            grade: .b,
            checked: earlier
        ),
        NamedLimit(
            "telegram-bot",
            "Telegram bot",
            .file(bytes: 50_000_000),
            .decimal,
            remarks: ["what a bot fetches may have 20 MB"],
            source: "https://core.telegram.org/bots/api#sendvideo",
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "signal",
            "Signal",
            .file(bytes: 100 << 20),
            .exact,
            source: "its apps' setting global.attachments.maxBytes",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "slack",
            "Slack",
            .file(bytes: 1_000_000_000),
            .decimal,
            remarks: ["free workspaces hide files after 90 days and delete them after a year"],
            source: "help pages of others",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "wechat",
            "WeChat",
            .file(bytes: 20_000_000),
            .decimal,
            source: "tools that compress for it",
            grade: .b,
            checked: earlier
        ),
        NamedLimit(
            "imessage",
            "iMessage",
            .file(bytes: 100_000_000),
            .decimal,
            remarks: ["Apple publishes no limit; this is what people say"],
            source: "no document",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "mms",
            "MMS (any carrier)",
            .file(bytes: 500_000),
            .decimal,
            remarks: ["the least of the large US carriers; toll-free numbers take 525 kB"],
            source: "Twilio's list of carriers' limits",
            grade: .b,
            checked: earlier
        ),
        NamedLimit(
            "mms-large",
            "MMS (AT&T, Verizon, T-Mobile)",
            .file(bytes: 1_000_000),
            .decimal,
            source: "Twilio's list of carriers' limits",
            grade: .b,
            checked: earlier
        ),
    ]

    private static let mails: [NamedLimit] = [
        NamedLimit(
            "gmail",
            "Gmail",
            .message(bytes: 35_882_577),
            .exact,
            remarks: [
                "what Gmail itself sends and takes: a receiver may take less, see gmail-safe"
            ],
            source: "its mail server's SIZE",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "gmail-safe",
            "Gmail (to anywhere)",
            .message(bytes: 25_000_000),
            .decimal,
            remarks: ["for receivers who count a whole message of 25 MB"],
            source: "Gmail's help page, 25 MB",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "outlook",
            "Outlook.com",
            .message(bytes: 20_000_000),
            .decimal,
            remarks: ["also Outlook with IMAP and POP accounts"],
            source: "Microsoft Q&A 5733658",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "exchange",
            "Exchange Online",
            .message(bytes: 35_000_000),
            .decimal,
            remarks: ["unless an administrator chose otherwise, up to 150 MB"],
            source: "Nylas' documents on large attachments",
            grade: .b,
            checked: earlier
        ),
        NamedLimit(
            "exchange-server",
            "Exchange on own servers",
            .message(bytes: 10_000_000),
            .decimal,
            remarks: ["unless an administrator chose otherwise"],
            source: "Microsoft Q&A 5733658",
            grade: .c,
            checked: earlier
        ),
    ]

    private static let xDocuments =
        "https://docs.x.com/x-api/media/quickstart/best-practices"

    private static let posts: [NamedLimit] = [
        NamedLimit(
            "x",
            "X post",
            .file(bytes: 8_000_000_000),
            .decimal,
            mostSeconds: 20 * 60,
            remarks: ["at most 60 frames a second; it shows free accounts' videos at 720 lines"],
            source: xDocuments,
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "x-premium",
            "X Premium post",
            .file(bytes: 16_000_000_000),
            .decimal,
            mostSeconds: 125 * 60,
            source: xDocuments,
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "x-dm",
            "X direct message",
            .file(bytes: 512_000_000),
            .decimal,
            mostSeconds: 140,
            remarks: ["X Premium: 1 GB and 10 minutes"],
            source: xDocuments,
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "bluesky",
            "Bluesky",
            .file(bytes: 300_000_000),
            .exact,
            remarks: ["since August 2026; 100 MB before. 3 minutes in 2025, longer since"],
            source: "https://github.com/bluesky-social/atproto/pull/5373",
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "mastodon",
            "Mastodon (mastodon.social)",
            .file(bytes: 103_809_024),
            .exact,
            remarks: [
                "every server has its own: see /api/v2/instance",
                "at most 8.29 million pixels a frame and 120 frames a second",
            ],
            source: "https://mastodon.social/api/v2/instance",
            grade: .a,
            checked: earlier
        ),
        NamedLimit(
            "threads",
            "Threads",
            .file(bytes: 1_000_000_000),
            .decimal,
            mostSeconds: 300,
            source: "third parties' guides",
            grade: .c,
            checked: earlier
        ),
        NamedLimit(
            "github",
            "GitHub free",
            .file(bytes: 10_000_000),
            .decimal,
            remarks: ["a video in an issue, a pull request or a comment"],
            source: "GitHub's documents, Attaching files",
            grade: .a,
            checked: lately
        ),
        NamedLimit(
            "github-paid",
            "GitHub paid",
            .file(bytes: 100_000_000),
            .decimal,
            remarks: ["counts who uploads, not who owns the repository"],
            source: "GitHub's documents, Attaching files",
            grade: .a,
            checked: lately
        ),
    ]
}
