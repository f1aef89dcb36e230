"""Who said what: sentences made up for it, with the source, the verb and the claim that they report."""

from __future__ import annotations

import random

import pytest

from searchkit.text.attribution.document import attributions


def heard(*passages: str) -> list[tuple[str, str, str]]:
    """Return (source as written, verb, claim) of all statements in the passages of a document."""
    found = attributions(passages)
    return [
        (one.source, one.verb, passage[one.claim_start : one.claim_end])
        for passage, each in zip(passages, found, strict=True)
        for one in each
    ]


def speakers(*passages: str) -> list[str]:
    """Return who is meant in each statement, in order."""
    return [one.resolved for each in attributions(passages) for one in each]


SENTENCES = [
    # a clause after the verb
    ("Mr Tran said that the harbour was full.", "Mr Tran", "say", "the harbour was full."),
    ("The minister said the harbour was full.", "The minister", "say", "the harbour was full."),
    ("On Tuesday the ministry said wages would rise.", "the ministry", "say", "wages would rise."),
    ("In Oslo officials said wages would rise.", "officials", "say", "wages would rise."),
    ("The report said on Tuesday that ferries were late.", "The report", "say", "ferries were late."),
    ("Two people familiar with the matter said the deal was off.", "Two people familiar with the matter", "say",
     "the deal was off."),
    ("Analysts at Rystad have repeatedly warned that the well is dry.", "Analysts at Rystad", "warn",
     "the well is dry."),
    ("Lena Okafor, an economist at Tidewater Bank, argued that rents would fall.", "Lena Okafor", "argue",
     "rents would fall."),
    ("Lena Okafor, 54, head of research at Tidewater Bank, said rents would fall.", "Lena Okafor", "say",
     "rents would fall."),
    ("Lena Okafor, who runs the harbour office, said rents would fall.", "Lena Okafor", "say", "rents would fall."),
    ("Okafor told the Harbour Courier on Monday that rents would fall.", "Okafor", "tell", "rents would fall."),
    ("Okafor told reporters rents would fall.", "Okafor", "tell", "rents would fall."),
    ("The mayor went on to say that rents would fall.", "The mayor", "say", "rents would fall."),
    ("Officials acknowledged on Friday that the dam leaks.", "Officials", "acknowledge", "the dam leaks."),
    ("The study found that eels sleep standing up.", "The study", "find", "eels sleep standing up."),
    ("The company insisted the ferry was safe.", "The company", "insist", "the ferry was safe."),
    ("Okafor said at a news conference in the old customs house that rents would fall.", "Okafor", "say",
     "rents would fall."),
    # a tag behind or within the claim
    ("Rents will fall, Okafor said.", "Okafor", "say", "Rents will fall"),
    ("Rents will fall, the ministry said on Friday.", "the ministry", "say", "Rents will fall"),
    ("Rents, the ministry said, will fall.", "the ministry", "say", "Rents, the ministry said, will fall."),
    ("Rents will fall, said Lena Okafor, the head of the harbour office.", "Lena Okafor", "say", "Rents will fall"),
    ('"Rents will fall," said Lena Okafor.', "Lena Okafor", "say", '"Rents will fall,"'),
    ("“Rents will fall,” Okafor told the Harbour Courier.", "Okafor", "tell", "“Rents will fall,”"),
    ('"Will rents fall?" Okafor asked.', "Okafor", "ask", '"Will rents fall?"'),
    ('"Rents will fall," Okafor said. "They always do."', "Okafor", "say",
     '"Rents will fall," Okafor said. "They always do."'),
    ('"Rents," Okafor said, "will fall."', "Okafor", "say", '"Rents," Okafor said, "will fall."'),
    ("The best tide is at four in the morning, two pilots pointed out.", "two pilots", "point",
     "The best tide is at four in the morning"),
    # according to
    ("According to Okafor, rents will fall.", "Okafor", "according to", "rents will fall."),
    ("According to Okafor, the old pier, built in 1911, will burn.", "Okafor", "according to",
     "the old pier, built in 1911, will burn."),
    ("According to Lena Okafor, an economist at Tidewater Bank, rents will fall.", "Lena Okafor", "according to",
     "rents will fall."),
    ("Rents will fall, according to two officials.", "two officials", "according to", "Rents will fall"),
    ("The tide, which according to pilots will be high, comes at four.", "pilots", "according to",
     "The tide, which according to pilots will be high, comes at four."),
    ("In the view of the harbour master, rents will fall.", "the harbour master", "according to", "rents will fall."),
    # opinions, without "that"
    ("Analysts expect rents to fall.", "Analysts", "expect", "rents to fall."),
    ("Analysts see little chance of lower rents.", "Analysts", "see", "little chance of lower rents."),
    ("Economists forecast a mild winter.", "Economists", "forecast", "a mild winter."),
    ("Okafor estimates the damage to be small.", "Okafor", "estimate", "the damage to be small."),
    ("Critics called the bridge a monument to vanity.", "Critics", "call", "the bridge a monument to vanity."),
    ("Critics called for a new bridge.", "Critics", "call", "for a new bridge."),
    ("The union criticised the plan.", "The union", "criticise", "the plan."),
    ("Insurers put the damage at two million crowns.", "Insurers", "put", "the damage at two million crowns."),
    ("Pilots described the channel as a drain.", "Pilots", "describe", "the channel as a drain."),
    # passive
    ("It was reported by the Harbour Courier that the deal was off.", "the Harbour Courier", "report",
     "the deal was off."),
    ("The plan was criticised by fishermen.", "fishermen", "criticise", "The plan was criticised by fishermen."),
    ("The bridge is seen by analysts as a mistake.", "analysts", "see", "The bridge is seen by analysts as a mistake."),
    ("Okafor was quoted as saying that the deal was off.", "Okafor", "say", "that the deal was off."),
    ("Okafor was quoted by the Harbour Courier as saying the deal was off.", "Okafor", "say", "the deal was off."),
    ("It is widely believed by analysts that rents will fall.", "analysts", "believe",
     "It is widely believed by analysts that rents will fall."),
    ("It was said by officials that rents would fall.", "officials", "say", "rents would fall."),
    ("As noted by analysts, rents will fall.", "analysts", "according to", "rents will fall."),
    ("Rents will fall, as observed by a reporter of the Courier.", "a reporter of the Courier", "according to",
     "Rents will fall"),
    ("Rents will fall, per the Courier.", "the Courier", "according to", "Rents will fall"),
    ("Per the harbour office, rents will fall.", "the harbour office", "according to", "rents will fall."),
    ("In the eyes of experts, rents will fall.", "experts", "according to", "rents will fall."),
    ("From the perspective of analysts, rents will fall.", "analysts", "according to", "rents will fall."),
    # several, asked by somebody
    ("Experts interviewed by the Courier said rents would fall.", "Experts interviewed by the Courier", "say",
     "rents would fall."),
    ("Analysts polled by the Courier expect rents to fall.", "Analysts polled by the Courier", "expect",
     "rents to fall."),
    ("Most of the analysts polled expect rents to fall.", "Most of the analysts polled", "expect", "rents to fall."),
    # sources and verbs of reports
    ("The data show that rents fell.", "The data", "show", "rents fell."),
    ("Observers hold that rents will fall.", "Observers", "hold", "rents will fall."),
    ("The government has indicated rents will fall.", "The government", "indicate", "rents will fall."),
    ("The mayor forecasted a mild winter.", "The mayor", "forecast", "a mild winter."),
    ("Skagen's emir said in Oslo that rents would fall.", "Skagen's emir", "say", "rents would fall."),
    ("The company announced on Monday it had been sold.", "The company", "announce", "it had been sold."),
    ('"Rents fell," the press release states.', "the press release", "state", '"Rents fell,"'),
    ('"Rents fell," her statement read in part.', "her statement", "read", '"Rents fell,"'),
    ("Lena Okafor, leader of the harbour group, told the Courier the pier would close.", "Lena Okafor", "tell",
     "the pier would close."),
    ("Analysts were quick to say that rents would fall.", "Analysts", "say", "rents would fall."),
    ("Okafor says about the match: We play on Monday.", "Okafor", "say", "We play on Monday."),
    ("Officials warned of helpers: within a day there were dozens.", "Officials", "warn",
     "of helpers: within a day there were dozens."),
    # a colon
    ('Okafor took to social media: "Rents will fall."', "Okafor", "write", '"Rents will fall."'),
    ('Okafor: "Rents will fall."', "Okafor", "say", '"Rents will fall."'),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "source", "verb", "claim"), SENTENCES, ids=[one[0] for one in SENTENCES])
def test_a_sentence_reports_one_statement(sentence, source, verb, claim):
    assert heard(sentence) == [(source, verb, claim)]


SILENT = [
    "The bridge is said to be haunted.",
    "The minister declined to say how many ferries were late.",
    "The ministry did not say when.",
    "She added salt and stirred.",
    "The police called an ambulance.",
    "The storm claimed forty lives.",
    "The firm reported a loss.",
    "Rents are expected to fall.",
    "The expected tide did not come.",
    "As expected, the tide came at four.",
    "The sailor saw a light.",
    "If the minister said that rents would fall, nobody heard it.",
    "A new report on eels is out.",
    "The United States won.",
    "He told a story.",
    "The harbour holds forty boats.",
    "The king raised an army, recalled Tran to Hanoi and left.",
    "The new claims of the union were late.",
    "The candidate who has pledged to close the pier won.",
    "The ferry costs ten crowns per head.",
    "Heavy betting on one side showed that rents would fall.",
    "This was demonstrated by Lena Okafor.",
]


@pytest.mark.parametrize("sentence", SILENT)
def test_a_sentence_reports_nothing(sentence):
    assert heard(sentence) == []


def test_two_statements_of_one_subject_are_told_apart():
    assert heard("Okafor recalled that the pier burned in 1911, and said no insurer had paid.") == [
        ("Okafor", "recall", "the pier burned in 1911"),
        ("Okafor", "say", "no insurer had paid."),
    ]


def test_a_second_verb_has_the_subject_of_the_first_whatever_the_first_claims():
    assert heard("Okafor told investors that the pier was a moat and predicted that it would close.") == [
        ("Okafor", "tell", "the pier was a moat"),
        ("Okafor", "predict", "it would close."),
    ]


def test_a_participle_has_the_sentences_subject_however_long_that_is():
    (found,) = heard("Tidewater director and analyst Lena Okafor shared her figures, revealing that rents had fallen.")
    assert found == ("Tidewater director and analyst Lena Okafor", "reveal", "rents had fallen.")


def test_a_pronoun_that_begins_a_sentence_stays_its_subject():
    assert heard("It names Skagen and admits that rents had fallen.") == [("It", "admit", "rents had fallen.")]


def test_a_name_behind_a_trade_is_who_speaks():
    assert speakers("The pilot, Ivo Lind, said the tide was high.") == ["The pilot, Ivo Lind"]


def test_a_quotation_within_a_quotation_is_not_the_reports_own():
    assert heard('"My father said the pier would burn," said Lena Okafor.') == [
        ("Lena Okafor", "say", '"My father said the pier would burn,"')
    ]


PRONOUNS = [
    ("he added", "Ivo Lind, a pilot at Skagen, said the tide was high. He added that it would turn.",
     "Ivo Lind, a pilot at Skagen"),
    ("she noted", 'Lena Okafor of Tidewater Bank expects lower rents. "They always fall," she noted.',
     "Lena Okafor of Tidewater Bank"),
    ("they argued", "Two officials said rents would fall. They argued that wages would not.", "Two officials"),
    ("it said", "The ministry said rents would fall. It said wages would not.", "The ministry"),
    ("the official", 'A harbour official said rents would fall. "Wages will not," the official said.',
     "A harbour official"),
    ("last name", "Ivo Lind, a pilot at Skagen, said the tide was high. Lind said it would turn.",
     "Ivo Lind, a pilot at Skagen"),
    ("first name", "Ren Aokawa, a pilot at Skagen, said the tide was high. Ren said it would turn.",
     "Ren Aokawa, a pilot at Skagen"),
    ("introduced without a quotation", 'Ivo Lind, a pilot at Skagen, has seen worse. "It will turn," he said.',
     "Ivo Lind, a pilot at Skagen"),
    ("a nameless person", 'A retired pilot was not worried. "It will turn," he said.', "A retired pilot"),
    ("somebody new in between", 'Lena Okafor said rents would fall. Ivo Lind was in the room. "They won\'t," he said.',
     "Ivo Lind"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "who"), [one[1:] for one in PRONOUNS], ids=[one[0] for one in PRONOUNS])
def test_the_last_statement_is_by(text, who):
    assert speakers(text)[-1] == who


def test_a_speaker_is_found_in_the_passage_before():
    assert speakers("Ivo Lind, a pilot at Skagen, said the tide was high.", '"It will turn," he added.') == [
        "Ivo Lind, a pilot at Skagen",
        "Ivo Lind, a pilot at Skagen",
    ]


def test_a_speaker_too_far_back_is_not_guessed():
    between = ("The harbour is old.",) * 4
    assert speakers("Ivo Lind, a pilot, said the tide was high.", *between, '"It will turn," he said.')[-1] == "he"


def test_a_quotation_that_runs_over_paragraphs_stays_its_speakers():
    first = '"The tide was high," said Ivo Lind. "It carried off the boats.'
    second = '"Then it turned."'
    assert heard(first, second) == [
        ("Ivo Lind", "say", first),
        ("", "say", second),
    ]
    assert speakers(first, second) == ["Ivo Lind", "Ivo Lind"]


def test_a_paragraph_that_is_a_quotation_follows_the_one_before():
    assert speakers('"The tide was high," Ivo Lind said. "Too high."', '"Then it turned."') == ["Ivo Lind", "Ivo Lind"]


def test_a_quotation_after_other_things_belongs_to_nobody():
    assert speakers("Ivo Lind said the tide was high.", "The harbour is old.", '"Then it turned."') == ["Ivo Lind"]


def test_a_person_quoted_after_a_group_is_one_of_it():
    (found,) = attributions(['Analysts welcomed the bridge. "It is short," said Ivo Lind of Tidewater Bank.'])
    assert [(one.resolved, one.among) for one in found] == [
        ("Analysts", ""),
        ("Ivo Lind of Tidewater Bank", "Analysts"),
    ]


def test_a_group_goes_on_behind_a_quotation_of_several_sentences():
    first = 'Analysts in Skagen said rents would fall. "We have seen it," said Ivo Lind of Tidewater. "Nobody minded."'
    (found,) = attributions([first])
    assert [one.among for one in found] == ["", "Analysts in Skagen"]


def test_offsets_are_those_of_the_passage_whatever_its_marks():
    text = "“Rents\u00a0will fall,”\nsaid Lena\u00a0Okafor — twice."
    (found,) = attributions([text])
    assert [text[one.source_start : one.source_end] for one in found] == ["Lena\u00a0Okafor"]
    assert [text[one.claim_start : one.claim_end] for one in found] == ["“Rents\u00a0will fall,”"]


PIECES = (
    "said", '"', "“", "”", ", ", ". ", "according to ", "Tran", "the minister", "he", "was quoted as saying", "by ",
    "that ", ": ", "told ", "who ", "and ", "—", "\n", "'", "’s ", "(", "of ", "A. ", "expect ",
    "in her view", "\u2003",
)  # fmt: skip


def test_whatever_the_text_every_offset_lies_in_its_passage():
    chance = random.Random(7)
    for _ in range(3_000):
        passages = ["".join(chance.choices(PIECES, k=chance.randint(0, 20))) for _ in range(3)]
        for passage, found in zip(passages, attributions(passages), strict=True):
            for one in found:
                assert passage[one.source_start : one.source_end] == one.source
                assert 0 <= one.claim_start < one.claim_end <= len(passage)
                assert one.resolved


def test_a_passage_that_is_no_prose_is_left_alone():
    assert attributions(["Tran said that it is. " * 2_000]) == [[]]


@pytest.mark.parametrize("opener", ["While", "Even", "Mr", "Now"])
def test_an_opener_of_sentences_that_stands_for_a_name_introduces_nobody(opener):
    text = f'{opener}, the tea is good, it is hot. {opener} described here as "tea", they are simple.'
    assert speakers(text) == [opener]
    assert speakers(f"{opener}, the river.", f"According to {opener}, the tea is hot.") == [opener]
