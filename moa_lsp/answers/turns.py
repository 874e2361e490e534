"""How chat templates end a turn and begin the next one: one row a template.

A server with the wrong stop token lets a model go on with a turn of the user that it invents, and
then answers that one.
"""

import re

TURNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ChatML, Qwen, Yi", ("<|im_end|>", "<|im_start|>", "<|im_sep|>", "<|endoftext|>")),
    (
        "Llama 3 and 4",
        (
            "<|eot_id|>",
            "<|eom_id|>",
            "<|start_header_id|>",
            "<|end_of_text|>",
            "<|eot|>",
            "<|eom|>",
            "<|header_start|>",
            "<|end_of_document|>",
        ),
    ),
    ("Llama 2, Mistral", ("</s>", "[INST]", "[/INST]", "[/ASSISTANT]")),
    ("Gemma", ("<end_of_turn>", "<start_of_turn>", "<eos>", "<turn|>", "<|turn>")),
    (
        "DeepSeek",
        (
            "<\uff5cend\u2581of\u2581sentence\uff5c>",
            "<\uff5cUser\uff5c>",
            "<\uff5cAssistant\uff5c>",
            "<|end\u2581of\u2581sentence|>",
            "<|end_of_sentence|>",
            "<|EOT|>",
        ),
    ),
    (
        "Phi, GLM, Zephyr, Harmony",
        (
            "<|end|>",
            "<|user|>",
            "<|system|>",
            "<|assistant|>",
            "<|observation|>",
            "<|return|>",
            "<|call|>",
            "<|start|>user",
            "<|start|>assistant",
        ),
    ),
    (
        "Cohere",
        (
            "<|END_OF_TURN_TOKEN|>",
            "<|START_OF_TURN_TOKEN|>",
            "<|USER_TOKEN|>",
            "<|CHATBOT_TOKEN|>",
            "<|END_RESPONSE|>",
            "<|END_TEXT|>",
        ),
    ),
    ("Granite", ("<|start_of_role|>", "<|end_of_role|>")),
    ("Kimi", ("<|im_user|>", "<|im_assistant|>", "[EOS]", "[EOT]", "<|end_of_msg|>")),
    ("Kimi K3", ("<|close|>response<|sep|>", "<|close|>message<|sep|>")),
    ("EXAONE", ("[|endofturn|]", "[|user|]", "[|assistant|]", "[|system|]")),
    ("HyperCLOVA X", ("<|endofturn|>", "<|stop|>")),
    ("MiniMax", ("[e~[", "]~b]")),
    ("Ling", ("<|role_end|>", "<role>HUMAN</role>", "<role>ASSISTANT</role>")),
    ("Seed", ("<seed:eos>", "<seed:bos>", "<[end\u2581of\u2581sentence]>")),
    ("TeleChat", ("<_user>", "<_bot>", "<_end>")),
    ("LongCat", ("<longcat_user>", "<longcat_assistant>", "</longcat_s>")),
    ("Inkling", ("<|end_message|>", "<|message_user|>", "<|content_model_end_sampling|>")),
    ("PLaMo", ("<|plamo:tag|>", "<|plamo:eos|>")),
    ("ends of an answer", ("<|end_of_solution|>", "[END FINAL RESPONSE]", "<|end_of_box|>")),
)
"""Exact tokens that end a turn or begin another, by chat template (the models' own templates and
llama.cpp: src/llama-chat.cpp)."""

_PARAGRAPH = r"(?:\n[ \t]*\n|\A|(?<=```)\n|(?<=~~~)\n)"

PLAIN_TURN = re.compile(
    r"^\#{2,3}[ ](?:Human|User|Instruction|Input):"
    rf"|{_PARAGRAPH}(?:(?:Human|H)[ ]?:[ \t]*(?=\S|\n)"
    r"|\#{2,3}[ ](?:Instruction|Input|User|Human)s?:?[ \t]*\n)",
    re.MULTILINE,
)
"""A turn of the user in plain words, as Alpaca, Vicuna and Anthropic's old prompts had it."""

LIKELY_TURN = re.compile(
    rf"(?!\A){_PARAGRAPH}(?:\*\*)?(?:User|USER|Question|Q)(?:\*\*)?:(?:\*\*)?[ \t]*(?=\S)"
)
"""Begins a turn of the user where one of the assistant follows; elsewhere it is text."""

REPLY_TURN = re.compile(
    r"^[ \t]*(?:\*\*)?(?:Assistant|ASSISTANT|AI|Bot|Model|Answer|A|GPT)(?:\*\*)?:", re.MULTILINE
)
"""A turn of the assistant in plain words."""

ECHOED_PROMPT = re.compile(
    r"\s*A chat between a curious (?:user|human)\b(?:(?!```|~~~)[\s\S])*\n(?:ASSISTANT|Assistant):"
)
"""Vicuna's prompt, which completion servers give back before the answer (lm-sys/FastChat:
fastchat/conversation.py): up to its last turn of the assistant before any code."""

_TOKENS = sorted({token for _, tokens in TURNS for token in tokens}, key=len, reverse=True)

_NAMED = r"<\|\w{1,24}_(?:user|assistant|system)\|>"
"""Tokens that name their model (``<|iquestcoder_assistant|>``)."""

TURN_TOKEN = re.compile("|".join([*map(re.escape, _TOKENS), _NAMED]))
