"""The words that the world's texts are made of: ordinary ones, and syllables for invented names."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ADJECTIVES = _words(
    "Copper Saffron Woolen Borrowed Lopsided Brackish Patient Hollowed Tin Vermilion Unsent Drowsy "
    "Paper Cobalt Slanted Tidal Amber Forgetful Crooked Salted Ashen Rusted Quiet Mended Feathered "
    "Ninth Sunken Gilded Half-Built Nameless Windward Chalk Thistle Cedar Ochre Pewter Linen "
    "Reluctant Spare Unlit Threadbare Painted Stubborn Migrant Plum Leaden Marbled Tangled Frosted "
    "Cinder Clouded Humming Untuned Orphaned Northmost Folded Sleepless Barefoot Counterfeit Mossy "
    "Wandering Tarnished Velveteen Unpaid Second-Hand Juniper Walnut Indigo Russet Brittle Damp "
    "Flickering Overgrown Homemade Secondary Tilted Waxen Rainy Hesitant Burnished Nimble Absent "
    "Perforated Inland Drifting Coarse Hushed Grafted Parched Ribboned Unbuttoned"
)

NOUNS = _words(
    "Meridian Orchard Ledger Lighthouse-Keeper Almanac Estuary Thimble Caravan Observatory Kiln "
    "Semaphore Turnstile Barometer Aqueduct Cartographer Tollbooth Marionette Windmill Quarry "
    "Ferry Pendulum Apiary Cellar Sundial Chandler Granary Trellis Gazette Beekeeper Lantern-Room "
    "Boathouse Satchel Millrace Choirmaster Parlor Hinge Notary Weathervane Locket Causeway "
    "Undertow Tapestry Bellows Foundry Scaffold Postmaster Harmonium Vineyard Glacier Signalman "
    "Isthmus Haberdasher Reservoir Glassblower Wharf Inkwell Cistern Surveyor Furrow Drawbridge "
    "Greenhouse Pharmacist Timetable Clockmaker Plateau Umbrella Kettle Switchboard Lagoon Typist "
    "Accordion Threshold Cloakroom Rowboat Anvil Lullaby Ropewalk Terrace Tributary Blueprint "
    "Sawmill Overcoat Archivist Pantry Ravine Puppeteer Dovecote Telegram Embankment Antechamber "
    "Limestone Skylight Gondola Bakery Ledge Monsoon Wheelwright Hourglass Coda Railing Stairwell"
)

ONSETS = _words("b br c cl d dr f g gr h j k kr l m n p pr qu r s sk st t th tr v w y z")
VOWELS = _words("a a e e i o o u ae ia io ei")
ACCENTED = _words("á é í ó ö ø ü ã ê ô å ï")
CODAS = ("", "", "", "n", "r", "l", "s", "m", "nd", "rt", "sk", "th", "v", "x")

SCRIPTS = {
    "ja": _words("ア カ サ タ ナ ハ マ ヤ ラ キ シ ニ ミ リ ク ス ヌ ム ル エ ケ セ テ ネ メ"),
    "ko": _words("가 나 다 라 마 바 사 아 자 하 고 노 도 로 모 보 소 호 구 누 두 루"),
    "hi": _words("का गा चा जा टा डा ता दा ना पा बा मा या रा ला वा सा हा कि गि नि मि रि लि"),
    "el": _words("βα γε δο ζα θι κα λο μι νε ξα πο ρι σα τε φι χα ψο μέ λί νά ρό"),
    "bg": _words("ба ве го ди жа зу ка ле ми но пу ра се ти фо ха ча ше ля вю"),
    "ar": _words("با تو جا دو را زي سا شو صا طي فا كو لا ما نو هي وا"),
}
"""Syllables from which an original name in another script is invented."""

COMPANY_KINDS = ("Pictures", "Films", "Filmworks", "Studio", "Productions", "Kinema", "& Daughters")

SERVICES = (
    ("Brindlebox", ("US", "CA", "GB", "DE", "FR", "IN", "BR", "JP"), 2010, 0.30),
    ("Ferrybeam", ("US", "CA", "GB"), 2008, 0.20),
    ("Ostrelle+", ("FR", "DE", "GB"), 2014, 0.16),
    ("Tallowtree", ("US", "IN", "BR"), 2016, 0.14),
    ("Nimbry Kids", ("US", "CA", "DE", "JP"), 2018, 0.25),
    ("Yonderreel Free", ("US", "GB", "DE", "FR"), 2020, 0.10),
)
"""Streaming services: name, regions, first year, and the usual share of titles that they carry."""

COUNTRIES = (
    ("US", "en", 0.46),
    ("GB", "en", 0.10),
    ("FR", "fr", 0.07),
    ("IN", "hi", 0.06),
    ("JP", "ja", 0.06),
    ("DE", "de", 0.05),
    ("KR", "ko", 0.05),
    ("ES", "es", 0.04),
    ("BR", "pt", 0.03),
    ("DK", "da", 0.03),
    ("GR", "el", 0.02),
    ("BG", "bg", 0.02),
    ("EG", "ar", 0.01),
)
"""Countries of production with their language and their share of titles."""

TRAIT_KEYWORDS = {
    "warmth": (
        ("loneliness", "moral ruin", "grief", "estrangement", "cruel winter"),
        ("found family", "second chance", "homecoming", "kindness of strangers", "reconciliation"),
    ),
    "pace": (
        ("slow afternoon", "daily routine", "long silence", "patience", "waiting room"),
        ("race against time", "car chase", "ticking clock", "double-cross", "runaway train"),
    ),
    "scale": (
        ("single room", "small town", "two strangers", "one night", "kitchen garden"),
        ("vanished empire", "sea voyage", "uprising", "mountain pass", "great migration"),
    ),
    "strangeness": (
        ("working life", "neighbors", "housing estate", "night shift", "village school"),
        ("dream logic", "time loop", "talking animal", "living portrait", "parallel town"),
    ),
    "irony": (
        ("oath", "sacrifice", "unwavering faith", "honor", "vigil"),
        (
            "deadpan humor",
            "unreliable narrator",
            "absurd bureaucracy",
            "mistaken identity",
            "satire",
        ),
    ),
    "talk": (
        ("landscape", "ritual", "mime", "birdsong", "wordless friendship"),
        ("family dinner", "courtroom speech", "letters", "radio play", "argument"),
    ),
}
"""Keywords of a trait's low and high end."""
