"""
Calls of the browser that may throw: what JavaScript throws arrives in Python as `Thrown`.

Made directly, such a call takes MicroPython's frames off the stack without a word to them: no `except` and no `finally`
sees it, the task that it was in is never done, and what had been begun stays begun. JavaScript's own functions have to
catch it, and before it has passed a frame of Python's. A promise does: it turns what its executor throws into a
rejection. The executor here is `Object.assign`, which copies a property whose getter makes the call: so that the answer
is there at once, and nobody has to wait for the promise.
"""

import js
from pyscript import document, window

ANSWER = "answer"


class Thrown(Exception):
    """JavaScript threw something. What it was is known only later, so that the message names what was tried."""


def call(owner, name: str, *arguments):
    """
    Call a method.

    Raises:
        Thrown: It threw, or even looking it up did.
    """
    return answer_of(get(owner, name).bind(owner, *arguments), name)


def get(owner, name: str):
    """
    Read an attribute that may refuse to be read, such as `localStorage` of a window that may not have one.

    Raises:
        Thrown: It refused.
    """
    # `window` is a module of Python's, which JavaScript would ask for the attribute by Python's frames.
    owner = document.defaultView if owner is window else owner
    return answer_of(js.Reflect.get.bind(None, owner, name), name)


def make(constructor, *arguments):
    """
    Make an object, as `new` does.

    Raises:
        Thrown: The constructor threw.
    """
    return answer_of(js.Reflect.construct.bind(None, constructor, js.Array.of(*arguments)), constructor.name)


def answer_of(function, name: str):
    """Call a function of JavaScript, without arguments beyond those that are bound to it."""
    descriptor = js.Object.new()
    descriptor.get = function
    descriptor.enumerable = True
    source = js.Object.defineProperty(js.Object.new(), ANSWER, descriptor)
    target = js.Object.new()
    js.Promise.new(js.Object.assign.bind(None, target, source)).catch(js.Boolean)  # Else the console would complain.
    if not hasattr(target, ANSWER):
        raise Thrown(f"The browser refused {name}.")
    return target.answer
