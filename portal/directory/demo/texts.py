"""Texts of owners about themselves, their rooms and their prices, and reviews of visitors."""

from random import Random

from portal.directory.demo.places import City, plain_name


def listed(block: str) -> list[str]:
    """The entries of a block, separated by bars; its line breaks are ignored."""
    return [entry.strip() for entry in block.split("|")]


MICROPHONES = [
    "Neumann U87 Ai",
    "Neumann TLM 103",
    "Neumann TLM 102",
    "Neumann TLM 67",
    "Neumann KM 184",
    "Sennheiser MKH 416",
    "Sennheiser MKH 40",
    "AKG C414 XLII",
    "AKG C214",
    "Rode NT1",
    "Rode NTG5",
    "Rode NT2-A",
    "Shure SM7B",
    "Shure KSM32",
    "Electro-Voice RE20",
    "Audio-Technica AT4047",
    "Audio-Technica AT4040",
    "Austrian Audio OC818",
    "Austrian Audio OC18",
    "Lewitt LCT 440 Pure",
    "Lewitt LCT 640 TS",
    "Aston Spirit",
    "Aston Origin",
    "Sony C-800G",
    "Blue Kiwi",
    "Telefunken TF29",
    "Warm Audio WA-87",
    "Schoeps CMC 6 with MK 41",
    "Microtech Gefell M930",
    "Brauner Phantom",
]
INTERFACES = [
    "Universal Audio Apollo Twin X",
    "Universal Audio Volt 276",
    "RME Babyface Pro FS",
    "RME Fireface UCX II",
    "Focusrite Clarett+ 2Pre",
    "Focusrite Scarlett 2i2",
    "Audient iD14",
    "Audient iD44",
    "Audient EVO 4",
    "SSL 2+",
    "Apogee Duet 3",
    "MOTU M2",
    "MOTU UltraLite mk5",
    "Antelope Zen Go",
    "Prism Sound Lyra 2",
]
PREAMPS = [
    "Grace Design m101",
    "Neve 1073 SPX",
    "Avalon VT-737sp",
    "Focusrite ISA One",
    "DBX 286s",
    "Golden Age Pre-73",
    "Cloudlifter CL-1",
    "Millennia HV-35",
    "SSL SiX channel strip",
    "Warm Audio WA12",
    "API 512c",
]
BOOTHS = [
    "Studiobricks One",
    "Studiobricks One Plus",
    "WhisperRoom MDL 4848 S",
    "Esmono 2.0 vocal booth",
    "Kube Pro vocal booth",
    "VocalBoothToGo 4x4",
    "Demvox DV120",
    "room within a room, 60 dB isolation",
    "bespoke booth, double-leaf walls and floating floor",
    "GIK Acoustics panels and bass traps",
    "Vicoustic panels, cloud and corner traps",
    "StudioSpares duvet booth for pick-ups",
]
SOFTWARE = [
    "Pro Tools",
    "Pro Tools Ultimate",
    "Reaper",
    "Adobe Audition",
    "Logic Pro",
    "Cubase Pro",
    "TwistedWave",
    "Nuendo",
    "Hindenburg",
    "Studio One",
    "iZotope RX 11",
    "FabFilter Pro-Q 4",
    "Waves Clarity Vx",
    "Soundly library",
]
LISTENING = [
    "Beyerdynamic DT 770 Pro",
    "Sony MDR-7506",
    "Audio-Technica ATH-M50x",
    "Sennheiser HD 280 Pro",
    "Neumann NDH 20",
    "Genelec 8020D",
    "Genelec 8030C",
    "Yamaha HS5",
    "Adam A5X",
    "Focal Alpha 50",
    "PMC result6",
    "Avantone MixCubes",
]
OFFERED = [
    "Audiobooks",
    "Commercials",
    "Corporate narration",
    "E-learning",
    "Explainers",
    "Telephone systems",
    "Video games",
    "Animation",
    "Radio imaging",
    "Documentary narration",
    "Podcast recording",
    "Podcast editing",
    "ADR",
    "Dubbing",
    "Directed sessions",
    "Voice reels",
    "Coaching, one to one",
    "Audio restoration",
    "Sound design",
    "Mixing and mastering",
    "Announcements",
    "Museum guides",
    "Meditation and wellbeing",
    "Medical narration",
    "Trailers",
    "Live announcing",
]
CLIENTS = [
    "publishers",
    "broadcasters",
    "museums",
    "games companies",
    "advertising agencies",
    "charities",
    "universities",
    "theatre companies",
    "podcasters",
    "banks and insurers",
    "hospitals",
    "car makers",
    "airlines",
    "software firms",
]
OWN_WAYS = [
    "Bodalgo Call on request.",
    "Riverside Studio, with a local backup always running.",
    "Google Meet for direction, recorded here at 24 bit.",
    "Phone patch through the desk.",
    "Dial-in from any browser; we send a link.",
    "Source-Connect Pro X by arrangement.",
    "FTP, Dropbox or WeTransfer within the hour.",
]

OPENINGS = (
    "I have been recording voices in {city} since {year}.",
    "{studio} began in {year} as a spare bedroom and two duvets.",
    "We are a small team in {city} who care a great deal about quiet.",
    "After {years} years on radio I built the room that I always wanted to work in.",
    "I trained as an actor, and came to the microphone by way of {years} years on stage.",
    "Since {year} we have looked after voices for {clients} and {clients2}.",
    "{studio} is run by {first}, who engineers most sessions and makes all of the coffee.",
    "What you hear in the demo is what you get on the day: the same room, chain and ears.",
    "Ours is an old building with very thick walls, {minutes} minutes from the station.",
    "I came to {city} for a month in {year} and never left.",
    "Twelve years of live television taught me to get it right in the first take.",
    "Half of our week is long-form narration, the other half is whatever the telephone brings.",
    "People find us for one session and tend to come back for the next hundred.",
)
ROOM_LINES = (
    "Our booth ({booth}) measured at {noise} dB(A) with the computer running.",
    "The room floats on its own foundations, so the buses outside stay outside.",
    "There is daylight in the control room and none in the booth.",
    "The live room takes six at a table, which suits panel recordings and radio drama.",
    "Everything is on one level, with a wide door and a ramp from the street.",
    "A separate green room means that nobody has to wait in the corridor.",
    "The noise floor is low enough for audiobooks without any gating.",
    "Treatment was designed around speech, so the room is dry but not dead.",
    "We can seat three clients behind glass, and as many again on screen.",
)
GEAR_LINES = (
    "Most sessions go through {a_mic} into {an_interface}, flat, with nothing added on the way in.",
    "You choose between {a_mic} for warmth and {a_mic2} for anything that has to cut through.",
    "The usual chain is {a_mic} and {a_preamp}; ask for something else and we will set it up.",
    "For matching older sessions there is {a_mic} and {a_mic2} on the wall.",
    "Takes are edited in {software} and leave here labelled, levelled and on time.",
    "The {mic} has been on the same stand since {year}, which makes pick-ups easy to match.",
)
WORK_LINES = (
    "Recent work covers {offer}, {offer2} and rather a lot of {offer3}.",
    "I am happiest with {offer}, though {offer2} pays for the tea.",
    "We record {offer} for {clients} and keep every session for two years.",
    "Short scripts are usually back the same day; a book takes as long as it takes.",
    "Directed sessions are welcome, and so are clients who would rather leave us to it.",
    "Pick-ups within thirty days are free when the mistake was ours, and cheap when it wasn't.",
    "New voices get an honest opinion, a clean recording and no pressure to buy a reel.",
    "I work in English and {language}, and can direct in both.",
    "If a script needs a word changed to make it speakable, I will say so before we start.",
)
CLOSINGS = (
    "Come and have a look round: the kettle is always on.",
    "Evenings and weekends are possible with a day's notice.",
    "There is parking for two cars and a rack for bicycles.",
    "Send a page of script and I'll send back a sample, free of charge.",
    "Rates are for finished audio, and there are no extras hidden in the small print.",
    "Remote sessions run every weekday from eight until six, local time.",
    "Quick questions are best by telephone, long ones by email.",
    "Ask about half-day rates if you have several short jobs.",
)
LANGUAGES = [
    "French",
    "German",
    "Spanish",
    "Welsh",
    "Polish",
    "Italian",
    "Dutch",
    "Portuguese",
    "Hindi",
    "Urdu",
    "Irish",
]
SHORT = (
    "{kind} in {city}, quiet to {noise} dB(A).",
    "{kind} with {a_mic} and a good ear.",
    "Broadcast-quality {offer} and {offer2} from {city}.",
    "{years} years of {offer}, in a room built for it.",
    "Voice, edit and delivery under one roof in {city}.",
    "A calm room in {city} for {offer} and {offer2}.",
    "Fast turnaround, clean files, plain prices.",
    "Recording for {clients}, {clients2} and first-timers.",
)
KINDS = {
    "home": "Home studio",
    "recording": "Recording studio",
    "podcast": "Podcast studio",
    "voice-over coach": "Coach's studio",
    "audio producer": "Producer's room",
    "voice-over": "Voice-over booth",
}
PRAISE = (
    "{first} had the levels right before I had taken my coat off.",
    "The booth really is as quiet as they say.",
    "We recorded {offer} over two days and never had to repeat a take for noise.",
    "Files arrived within the hour, named exactly as we had asked.",
    "The remote link held for three hours with clients in two countries.",
    "Gentle, precise direction that made a nervous speaker sound at ease.",
    "The {mic} suited my voice better than anything I have tried.",
    "Easy to find, easy to park, and somebody had thought about accessibility.",
    "They caught a mistake in our script that four of us had missed.",
    "Exactly the sound we heard in the samples.",
    "Patient with a cast of nine, which is no small thing.",
    "The quote was the price, to the penny.",
)
MIDDLING = (
    "Good sound, although the session began twenty minutes late.",
    "The recording was clean; the edit needed one more pass.",
    "Fine for {offer}, a little cramped for more than two people.",
    "The street outside is busy on weekdays, so book an early slot.",
    "Friendly, but answering emails took longer than the job.",
    "The result is good and I would have liked a clearer estimate.",
)
COMPLAINTS = (
    "There was a hum on the first two files, and we had to ask twice for new ones.",
    "The room wasn't ready and nobody had read our booking notes.",
    "Not the microphone that the profile lists, and nobody told us.",
    "We were charged for an hour of set-up that we had not agreed.",
)
VERDICTS = {
    5: ("Already booked again.", "Couldn't ask for more.", "Our first choice from now on.", ""),
    4: ("We'd happily return.", "Recommended.", "Very good value.", ""),
    3: ("All right for the price.", "We might come back.", ""),
    2: ("We expected more.", "Needs attention."),
    1: ("We went elsewhere for the rest.", "A wasted morning."),
}
THANKS = (
    "Thank you, it was a pleasure having you here.",
    "Thanks for the kind words. The kettle is on for next time.",
    "That was a lovely project to work on. See you for the sequel.",
    "Much appreciated. I've passed this on to the whole team.",
    "Glad that the link behaved. Come by in person when you are in town.",
)
APOLOGIES = (
    "Thank you for saying so plainly. We have changed how we confirm bookings since.",
    "Fair points, all of them. I would like to put this right: please ring me.",
    "I'm sorry about the delay. The cause was a failed drive, and we keep a spare now.",
)


def some_words(rng: Random, city: City, *, first: str, studio: str) -> dict[str, str]:
    """Values for the placeholders of the sentences above, chosen once for each person."""
    mics, offers, clients = (
        rng.sample(MICROPHONES, 2),
        rng.sample(OFFERED, 3),
        rng.sample(CLIENTS, 2),
    )
    year = rng.randrange(2004, 2023)
    interface, preamp = rng.choice(INTERFACES), rng.choice(PREAMPS)
    return {
        "city": plain_name(city),
        "first": first,
        "studio": studio,
        "year": str(year),
        "years": str(rng.randrange(6, 31)),
        "minutes": str(rng.randrange(4, 20)),
        "noise": str(rng.randrange(14, 27)),
        "booth": rng.choice(BOOTHS),
        "mic": mics[0],
        "mic2": mics[1],
        "a_mic": with_article(mics[0]),
        "a_mic2": with_article(mics[1]),
        "a_preamp": with_article(preamp),
        "an_interface": with_article(interface),
        "interface": interface,
        "preamp": preamp,
        "software": rng.choice(SOFTWARE[:10]),
        "language": rng.choice(LANGUAGES),
        **{
            key: _as_spoken(offer)
            for key, offer in zip(("offer", "offer2", "offer3"), offers, strict=True)
        },
        "clients": clients[0],
        "clients2": clients[1],
    }


def with_article(name: str) -> str:
    """`a` or `an`, by sound: an RME, an SSL, a Universal Audio."""
    vowel = name.startswith(("A", "E", "RME", "SSL"))
    return f"an {name}" if vowel else f"a {name}"


def _as_spoken(offer: str) -> str:
    return offer if offer == "ADR" else offer[0].lower() + offer[1:]


def about(rng: Random, words: dict[str, str]) -> str:
    lines = [rng.choice(OPENINGS)]
    middle = [rng.choice(ROOM_LINES), rng.choice(GEAR_LINES), *rng.sample(WORK_LINES, 2)]
    rng.shuffle(middle)
    lines += middle[: rng.randrange(2, 5)]
    if rng.random() < 0.6:
        lines.append(rng.choice(CLOSINGS))
    at = len(lines) - rng.randrange(1, 3)
    first, second = " ".join(lines[:at]), " ".join(lines[at:])
    whole = f"{first}\n\n{second}" if len(lines) > 4 else f"{first} {second}"
    return whole.format_map(words)


def description(rng: Random, words: dict[str, str], *, besides: str) -> str:
    """A description of the room in a few sentences, none of which `besides` already contains."""
    fresh = [
        [line for line in (one.format_map(words) for one in lines) if line not in besides]
        for lines in (ROOM_LINES, GEAR_LINES, CLOSINGS)
    ]
    rooms, gear, closings = fresh
    return " ".join([*rng.sample(rooms, 2), rng.choice(gear), rng.choice(closings)])


def short_about(rng: Random, words: dict[str, str], kind: str) -> str:
    return rng.choice(SHORT).format_map({**words, "kind": KINDS[kind]})


def equipment(rng: Random, words: dict[str, str]) -> str:
    """One item a line; those that the sentences mention come first."""
    rest = [*rng.sample(LISTENING, 2), *rng.sample(SOFTWARE, rng.randrange(1, 4))]
    if rng.random() < 0.5:
        rest.append(rng.choice(MICROPHONES))
    chain = [words["mic"], words["mic2"], words["preamp"], words["interface"], words["booth"]]
    return "\n".join(dict.fromkeys(piece[0].upper() + piece[1:] for piece in (*chain, *rest)))


def review(rng: Random, rating: int, words: dict[str, str]) -> str:
    if rating >= 4:
        lines = rng.sample(PRAISE, rng.randrange(1, 4) if rating == 5 else 2)
    else:
        lines = [rng.choice(MIDDLING if rating == 3 else COMPLAINTS)]
        if rating == 3:
            lines.append(rng.choice(PRAISE))
    return " ".join([*lines, rng.choice(VERDICTS[rating])]).strip().format_map(words)


def response(rng: Random, rating: int) -> str:
    return rng.choice(THANKS if rating >= 4 else APOLOGIES)
