/**
 * Which planted faults each case finds, all of them: a case that goes blind to one, by a change of the suite, is seen here. A new
 * case or fault adds to it.
 */
export const foundBy: Record<string, string> = {
  "exactly 50 of 200 takes at once pass: quota": "awaits-between-read-and-write throws-on-denial opens-under-load",
  "exactly 50 of 200 takes at once pass over two connections: quota":
    "awaits-between-read-and-write throws-on-denial opens-under-load connections-do-not-share",
  "exactly 50 of 200 takes at once pass: windowed quota":
    "awaits-between-read-and-write throws-on-denial opens-under-load",
  "exactly 50 of 200 takes at once pass over two connections: windowed quota":
    "awaits-between-read-and-write throws-on-denial opens-under-load connections-do-not-share",
  "exactly 50 of 200 takes at once pass: sliding window":
    "awaits-between-read-and-write throws-on-denial opens-under-load",
  "exactly 50 of 200 takes at once pass over two connections: sliding window":
    "awaits-between-read-and-write throws-on-denial opens-under-load connections-do-not-share",
  "exactly 50 of 200 takes at once pass: token bucket":
    "awaits-between-read-and-write bucket-without-a-bottom throws-on-denial opens-under-load",
  "exactly 50 of 200 takes at once pass over two connections: token bucket":
    "awaits-between-read-and-write bucket-without-a-bottom throws-on-denial opens-under-load connections-do-not-share",
  "exactly 50 of 200 takes at once pass: every": "awaits-between-read-and-write throws-on-denial opens-under-load",
  "exactly 50 of 200 takes at once pass over two connections: every":
    "awaits-between-read-and-write throws-on-denial opens-under-load connections-do-not-share",
  "keys share nothing": "folds-case cuts-long-keys normalises-keys indexes-a-plain-object throws-on-denial",
  "a cost is charged whole or not at all":
    "denial-uses-up-what-is-left throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits",
  "a cost beyond the limit is denied for good":
    "denial-uses-up-what-is-left denial-charges-the-other-limits every-names-the-last throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits",
  "a cost or an instant that is none is a TypeError and charges nothing":
    "loses-every-second-give reopens-after-expiry admits-a-new-key-that-has-ended expires-a-millisecond-early last-expires-at-wins denied-take-holds-the-window ignores-the-cost rounds-a-cost gives-any-cost expires-at-any-time gives-nothing",
  "a denial charges none of several limits and names the first that denied":
    "denial-charges-the-other-limits every-names-the-last every-checks-only-the-first throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits",
  "a unit leaves the sliding window after windowMs, not a millisecond earlier or later":
    "window-a-millisecond-short window-a-millisecond-long fixed-window-for-a-sliding-one denied-take-holds-the-window opens-a-millisecond-late throws-on-denial waits-a-millisecond-too-long",
  "a denied take does not hold the sliding window closed":
    "window-a-millisecond-long denied-take-holds-the-window opens-a-millisecond-late throws-on-denial",
  "retryAfterMs of a sliding window is when the whole cost fits":
    "window-a-millisecond-short window-a-millisecond-long fixed-window-for-a-sliding-one throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits waits-a-millisecond-too-long",
  "a windowed quota starts anew at the window's end, not a millisecond earlier":
    "opens-a-millisecond-late day-that-begins-elsewhere throws-on-denial waits-a-millisecond-too-long",
  "a token bucket fills evenly, to the millisecond, and no higher than its limit":
    "opens-a-millisecond-late bucket-that-overflows bucket-without-a-bottom throws-on-denial waits-a-millisecond-too-long",
  "every limit follows its own window": "opens-a-millisecond-late every-names-the-last throws-on-denial",
  "a clock that goes backwards mints nothing: sliding_window":
    "denied-take-holds-the-window window-that-believes-any-clock throws-on-denial",
  "a clock that goes backwards mints nothing: quota": "quota-that-believes-any-clock throws-on-denial",
  "a clock that goes backwards mints nothing: token_bucket":
    "bucket-that-believes-any-clock bucket-without-a-bottom throws-on-denial",
  "a restart keeps what was charged":
    "forgets-on-restart denial-charges-the-other-limits opens-a-millisecond-late every-names-the-last every-checks-only-the-first throws-on-denial connections-do-not-share",
  "a clock that goes backwards over a restart mints nothing":
    "forgets-on-restart window-that-believes-any-clock throws-on-denial connections-do-not-share",
  "nothing is forgotten before expiresAt": "reopens-a-millisecond-early expires-a-millisecond-early throws-on-denial",
  "a take that could not be remembered is denied":
    "reopens-after-expiry reopens-what-was-spent admits-a-new-key-that-has-ended expires-a-millisecond-early last-expires-at-wins denied-take-holds-the-window throws-on-denial",
  "of several expiresAt the latest counts":
    "reopens-a-millisecond-early expires-a-millisecond-early last-expires-at-wins throws-on-denial",
  "at expiresAt the key is forgotten":
    "never-deletes reopens-after-expiry admits-a-new-key-that-has-ended expires-a-millisecond-early first-expires-at-wins last-expires-at-wins",
  "a key is not forgotten before its window is over":
    "never-deletes reopens-after-expiry opens-when-its-caller-should-have-gone reopens-a-millisecond-early expires-a-millisecond-early last-expires-at-wins window-a-millisecond-short window-a-millisecond-long denied-take-holds-the-window forgets-within-the-window throws-on-denial",
  "denials leave nothing behind":
    "denial-uses-up-what-is-left denial-leaves-a-record give-makes-a-record denied-take-holds-the-window throws-on-denial ignores-the-cost",
  "the state of a key is bounded by its limit and window, not by its traffic": "window-that-keeps-everything",
  "give returns the units, and no more than were charged":
    "gives-more-than-was-charged throws-on-denial gives-nothing connections-do-not-share",
  "gives and takes at once lose nothing":
    "awaits-between-read-and-write loses-every-second-give throws-on-denial gives-nothing connections-do-not-share",
  "a unit of an earlier window does not come back into this one":
    "loses-every-second-give gives-more-than-was-charged gives-into-another-window throws-on-denial gives-nothing connections-do-not-share",
  "takenAt is the limiter's own time": "day-that-begins-elsewhere stamps-with-another-clock",
  "rates get nothing back":
    "every-gives-rates-back every-checks-only-the-first throws-on-denial gives-nothing connections-do-not-share",
  "agrees with the pure limit over 400 random steps: quota 0":
    "denial-uses-up-what-is-left loses-every-second-give day-that-begins-elsewhere throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits stamps-with-another-clock gives-nothing connections-do-not-share",
  "agrees with the pure limit over 400 random steps: quota 1":
    "denial-uses-up-what-is-left loses-every-second-give day-that-begins-elsewhere gives-more-than-was-charged gives-into-another-window throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits waits-a-millisecond-too-long stamps-with-another-clock gives-nothing connections-do-not-share",
  "agrees with the pure limit over 400 random steps: sliding_window 2":
    "denial-uses-up-what-is-left window-a-millisecond-short window-a-millisecond-long fixed-window-for-a-sliding-one denied-take-holds-the-window opens-a-millisecond-late throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits waits-a-millisecond-too-long stamps-with-another-clock",
  "agrees with the pure limit over 400 random steps: token_bucket 3":
    "denial-uses-up-what-is-left opens-a-millisecond-late bucket-that-drops-fractions bucket-without-a-bottom throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits waits-a-millisecond-too-long stamps-with-another-clock",
  "agrees with the pure limit over 400 random steps: every 4":
    "denial-uses-up-what-is-left denial-charges-the-other-limits loses-every-second-give opens-a-millisecond-late every-gives-rates-back every-names-the-last every-checks-only-the-first throws-on-denial ignores-the-cost waits-for-a-cost-that-never-fits waits-a-millisecond-too-long stamps-with-another-clock gives-nothing connections-do-not-share",
};
