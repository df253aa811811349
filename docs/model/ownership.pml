/*
 * The ownership protocol of one shard, for the model checker Spin. README.md says what is in it, what is not, and how to run it.
 *
 * Two containers, two governors, one store. Each step below is one atomic act of one of them; the checker tries every order of
 * the steps. Time is a count of ticks. Until `calm` a tick may come at any moment, so every process may be as slow as it likes;
 * from `calm` on, no fault happens and a tick comes only when nobody has anything left to do.
 */

/* --- The fixes, and the rules that the protocol cannot do without. Each can be taken out: -DNAME=0 --- */
#ifndef FIX_V1
#define FIX_V1 1 /* nothing unresolved at a deregister, and nothing acts, reads or claims once it is sent */
#endif
#ifndef FIX_V2_MARK
#define FIX_V2_MARK 1 /* a hint that a claim is made from raises the mark */
#endif
#ifndef FIX_V2_ORDERED
#define FIX_V2_ORDERED 1 /* after a claim of unknown outcome the record is read through the store's log: never from the past */
#endif
#ifndef FIX_V2_RECHECK
#define FIX_V2_RECHECK 1 /* a container reads again, now and then, what is recorded as its own */
#endif
#ifndef MARK
#define MARK 1 /* readings below the mark are ignored */
#endif
#ifndef CLAIM_COMPARES
#define CLAIM_COMPARES 1 /* a claim compares the record's revision */
#endif
#ifndef REASSIGN_ASKS_HEARTBEAT
#define REASSIGN_ASKS_HEARTBEAT 1 /* an owned shard is reassigned only when its owner's heartbeat is absent */
#endif
#ifndef EVICT_COMPARES
#define EVICT_COMPARES 1 /* an eviction compares the version whose silence was measured */
#endif
#ifndef FREE_AFTER_STOP
#define FREE_AFTER_STOP 1 /* free is written only when the application has stopped */
#endif
#ifndef DEADLINE_FROM_SEND
#define DEADLINE_FROM_SEND 1 /* the right to act counts from the sending of a heartbeat, not from its answer */
#endif
#ifndef OFFICE_COMPARES
#define OFFICE_COMPARES 1 /* a governor's transaction compares that it still governs */
#endif

/* --- Bounds --- */
#ifndef FAULTS
#define FAULTS 2 /* lost answers of writes, stale readings, kills, changes of governor, together */
#endif
#ifndef LEAVES
#define LEAVES 1 /* containers that leave */
#endif
#ifndef MOVES
#define MOVES 0 /* moves and redirections that nobody needs */
#endif
#ifndef EVICTIONS
#define EVICTIONS 1 /* of heartbeats that fell silent before `calm`; after it as many as it takes */
#endif
#ifndef GENERATIONS
#define GENERATIONS 2 /* incarnations of each container */
#endif
#ifndef READY_AT_CLAIM
#define READY_AT_CLAIM 1 /* as daemons claim: the record is ready at once, and nobody hints again */
#endif

/* --- Time, in ticks. A clock is fast or slow by up to rho, so what one clock calls T(1-rho) or T(1+rho) differs. --- */
#ifndef T
#define T 2
#endif
#ifndef LIFE
#define LIFE T /* T(1-rho)-eps of a slow clock: less than T, so that it may act during T ticks and not longer */
#endif
#ifndef WAIT_MIN
#define WAIT_MIN T /* W = T(1+rho)+eps of a fast clock: not less than T */
#endif
#define WAIT_MAX (T + 1) /* W of a slow clock */
#ifndef BOUND
#define BOUND (2 * T + 1) /* I6: ticks after the last fault by which the shard has its owner */
#endif
#define STEPS_OF_A_TICK 60 /* with COUNT_STEPS: more steps without a tick would be a loop */

#define VERSIONS 3 /* of the record, the newest first: how stale a reading or a hint may be */
#define INC(c) (2 * (c) + gen[c]) /* the incarnation of a container */
#define ALIVE(i) (gen[(i) / 2] == (i) % 2 && hb[(i) / 2].on) /* its heartbeat exists */
#define MAY_ACT(c) (acting[c] && held[c].state != NONE && right[c] > 0)
#define BEATING(c) (phase[c] == REGISTERING || phase[c] == READY || phase[c] == LEAVING)
/* What a session lets its shard do. */
#if FIX_V1
#define KEEPING(c) (phase[c] == READY || phase[c] == LEAVING)
#define UNRESOLVED(c) (readWanted[c])
#else
#define KEEPING(c) (phase[c] == READY || phase[c] == LEAVING || phase[c] == DEREGISTERING)
#define UNRESOLVED(c) (false)
#endif
#define CLAIMING(c) (phase[c] == READY && right[c] > 0)

mtype = {NONE, ABSENT, FREE, ASSIGNED, OWNED, DROPPING}; /* of a record; NONE: nothing held */
mtype = {OUT, REGISTERING, READY, LEAVING, DEREGISTERING, ENDED, DEAD}; /* of a container */
mtype = {SENT, DONE, REFUSED}; /* of a request; NONE: there is none */
mtype = {CLAIM, MARK_READY, RELEASE}; /* kinds of a container's write */

typedef Version { mtype state; byte who; byte mod; byte token; bit ready };
typedef HeartbeatKey { bit on; bit leaving; byte age };
typedef Attempt { bit sent; bit leaving; bit gone; byte left };
typedef Held { mtype state; byte mod; byte token; bit ready };
typedef Write { mtype kind; mtype stage; byte expected; byte result };
typedef LateWrite { mtype kind; byte expected; byte who };
typedef Eviction { bit sent; bit whom };

/* --- The store --- */
Version ver[VERSIONS];  /* own/<shard>, the newest first */
HeartbeatKey hb[2];     /* hb/<incarnation>; `age`: ticks since its version was written, at most WAIT_MAX */
bit office;             /* which governor governs */
/* --- The containers --- */
mtype phase[2];
bit gen[2];
Attempt attempt[2];     /* a heartbeat under way; `left`: ticks of right to act that it still gives */
byte right[2];          /* ticks until the deadline */
bit leavingStored[2];
Held held[2];           /* the record while the container knows that it is its own */
byte mark[2];
byte offer[2];          /* revision of a record assigned to it, 0: none */
bit readWanted[2];
bit unresolved[2];      /* a claim is of unknown outcome */
Write write[2];
LateWrite late[2];      /* given up by its sender, and may still take effect */
bit acting[2];             /* the application has a handle */
mtype deregister[2];
bit beat[2];
/* --- The governors --- */
#if !EVICT_COMPARES
Eviction evict[2];      /* under way */
#endif
/* --- The checker --- */
bit calm;
byte ticks, steps;
byte faults = FAULTS, leaves = LEAVES, evictions = EVICTIONS, moves = MOVES;
byte lastToken, lastUser;

inline fault() { faults-- }
#ifdef COUNT_STEPS
inline step() { if :: calm -> steps++; assert(steps < STEPS_OF_A_TICK) :: else fi }
#else
inline step() { skip }
#endif

inline broken(promise) { printf("I%d is broken\n", promise); assert(false) }

/* I1: no two may act. Checked wherever somebody may begin to. */
inline checkI1() { if :: MAY_ACT(0) && MAY_ACT(1) -> broken(1) :: else fi }

/* I3: who acts with a token has the highest so far, and shares it with nobody. */
inline checkI3(c) {
  if
  :: held[c].token < lastToken || (held[c].token == lastToken && lastUser != INC(c)) -> broken(3)
  :: else
  fi;
  lastToken = held[c].token; lastUser = INC(c)
}

/* One transaction that has passed its compares. */
inline commit(state_, who_, ready_, token_) {
  ver[2].state = ver[1].state; ver[2].who = ver[1].who; ver[2].mod = ver[1].mod;
  ver[2].token = ver[1].token; ver[2].ready = ver[1].ready;
  ver[1].state = ver[0].state; ver[1].who = ver[0].who; ver[1].mod = ver[0].mod;
  ver[1].token = ver[0].token; ver[1].ready = ver[0].ready;
  ver[0].token = token_; ver[0].state = state_; ver[0].who = who_; ver[0].ready = ready_; ver[0].mod = ver[0].mod + 1
}

/* A container's write reaches the store; `ok`: committed. */
inline take(kind_, expected_, who_, ok_) {
  ok_ = (ver[0].mod == expected_ || (kind_ == CLAIM && !CLAIM_COMPARES && ver[0].state != ABSENT));
  if
  :: ok_ && kind_ == CLAIM && ALIVE(who_) -> commit(OWNED, who_, READY_AT_CLAIM, ver[0].mod + 1)
  :: ok_ && kind_ == MARK_READY && ALIVE(who_) -> commit(OWNED, who_, 1, ver[0].token)
  :: ok_ && kind_ == RELEASE -> commit(FREE, who_, 0, ver[0].token)
  :: else -> ok_ = 0
  fi
}

inline send(c, kind_, expected_) {
  write[c].kind = kind_; write[c].stage = SENT; write[c].expected = expected_; write[c].result = 0
}
inline noWrite(c) { write[c].kind = NONE; write[c].stage = NONE; write[c].expected = 0; write[c].result = 0 }

/* Given up: what is still on its way may take effect later. */
inline giveUp(c) {
  if
  :: write[c].stage == SENT ->
    late[c].kind = write[c].kind; late[c].expected = write[c].expected; late[c].who = INC(c)
  :: else
  fi;
  noWrite(c)
}

inline letGo(c) { held[c].state = NONE; held[c].mod = 0; held[c].token = 0; held[c].ready = 0; acting[c] = 0 }
inline noAttempt(c) { attempt[c].sent = 0; attempt[c].left = 0; attempt[c].leaving = 0; attempt[c].gone = 0 }

/* The heartbeat is gone: nothing is held and nothing is waited for. */
inline loseAll(c) { letGo(c); offer[c] = 0; giveUp(c); readWanted[c] = 0; unresolved[c] = 0; right[c] = 0; leavingStored[c] = 0 }

/* A reading that is not stale. */
inline learn(c, v) {
  if :: ver[v].mod > mark[c] -> mark[c] = ver[v].mod :: else fi;
  offer[c] = 0;
  if
  :: ver[v].state == ASSIGNED && ver[v].who == INC(c) -> offer[c] = ver[v].mod; letGo(c)
  :: (ver[v].state == OWNED || ver[v].state == DROPPING) && ver[v].who == INC(c) ->
    if :: held[c].state == NONE -> printf("c%d adopts the record of revision %d\n", c, ver[v].mod) :: else fi;
    held[c].state = ver[v].state; held[c].mod = ver[v].mod;
    held[c].token = ver[v].token; held[c].ready = ver[v].ready
  :: else -> letGo(c)
  fi
}

/* A hint about version v: a late one speaks of an old version. */
inline hint(c, v) {
  printf("c%d gets the hint of revision %d\n", c, ver[v].mod);
  if
  :: ver[v].state == ASSIGNED && CLAIMING(c) && held[c].state == NONE && !acting[c] && offer[c] == 0 && !readWanted[c] ->
    if :: FIX_V2_MARK -> mark[c] = ver[v].mod :: else fi;
    printf("c%d claims revision %d\n", c, ver[v].mod); send(c, CLAIM, ver[v].mod)
  :: else -> readWanted[c] = 1
  fi
}

#define HINTED(c, v) (KEEPING(c) && write[c].kind == NONE && !readWanted[c] && ver[v].mod > mark[c] && ver[v].who == INC(c) && \
    (ver[v].state == ASSIGNED || ver[v].state == DROPPING || (ver[v].state == OWNED && !ver[v].ready)))

inline answerRead(c, v) {
  readWanted[c] = 0;
  printf("c%d reads revision %d\n", c, ver[v].mod);
  if
  :: MARK && ver[v].mod < mark[c] -> readWanted[c] = 1
  :: else -> unresolved[c] = 0; learn(c, v)
  fi
}
#define READS(c) (readWanted[c] && write[c].kind == NONE && KEEPING(c))
#define READS_STALE(c, v) (READS(c) && !calm && faults > 0 && !(FIX_V2_ORDERED && unresolved[c]) && ver[v].mod < ver[v - 1].mod)

proctype container(byte c) {
end: do
  /* Registration and heartbeats. */
  :: d_step { phase[c] == OUT -> step(); phase[c] = REGISTERING }
  :: d_step { BEATING(c) && !attempt[c].sent && (!calm || beat[c]) -> step(); beat[c] = 0;
       attempt[c].sent = 1; attempt[c].left = LIFE; attempt[c].leaving = (phase[c] == LEAVING);
       if
       :: hb[c].on || phase[c] == REGISTERING -> hb[c].on = 1; hb[c].age = 0; hb[c].leaving = attempt[c].leaving
       :: else -> attempt[c].gone = 1
       fi }
  :: d_step { BEATING(c) && attempt[c].sent && !attempt[c].gone -> step();
       /* Handles that lived through a lapse do not come back to life. */
       if :: right[c] == 0 -> acting[c] = 0 :: else fi;
       if :: !DEADLINE_FROM_SEND -> attempt[c].left = LIFE :: else fi;
       if :: attempt[c].left > right[c] -> right[c] = attempt[c].left :: else fi;
       if :: phase[c] == REGISTERING -> phase[c] = READY; printf("c%d is ready as incarnation %d\n", c, INC(c)) :: else fi;
       leavingStored[c] = leavingStored[c] | attempt[c].leaving; noAttempt(c); checkI1() }
  :: d_step { BEATING(c) && attempt[c].sent && attempt[c].gone -> step();
       printf("c%d learns that it was evicted\n", c);
       noAttempt(c); loseAll(c);
       if
       :: phase[c] == LEAVING || gen[c] == GENERATIONS - 1 -> phase[c] = ENDED
       :: else -> gen[c] = gen[c] + 1; phase[c] = REGISTERING
       fi }
  :: d_step { !calm && attempt[c].sent -> noAttempt(c) } /* its answer is lost */

  /* Hints, readings, claims. */
  :: d_step { HINTED(c, 0) -> step(); hint(c, 0) }
  :: d_step { HINTED(c, 1) && !calm -> hint(c, 1) }
  :: d_step { HINTED(c, 2) && !calm -> hint(c, 2) }
  :: d_step { READS(c) -> step(); answerRead(c, 0) }
  :: d_step { READS_STALE(c, 1) -> fault(); printf("stale: "); answerRead(c, 1) }
  :: d_step { READS_STALE(c, 2) -> fault(); printf("stale: "); answerRead(c, 2) }
#if FIX_V2_RECHECK
  :: d_step { KEEPING(c) && !readWanted[c] && write[c].kind == NONE && held[c].state == NONE && ver[0].who == INC(c) &&
         (ver[0].state == OWNED || ver[0].state == DROPPING) -> step(); readWanted[c] = 1 }
#endif
  :: d_step { CLAIMING(c) && offer[c] != 0 && write[c].kind == NONE && !readWanted[c] && !acting[c] -> step();
       printf("c%d claims revision %d\n", c, offer[c]); send(c, CLAIM, offer[c]) }
  :: d_step { KEEPING(c) && write[c].stage == DONE -> step();
       if :: write[c].result > mark[c] -> mark[c] = write[c].result :: else fi;
       if
       :: write[c].kind == RELEASE -> letGo(c)
       :: else ->
         if :: write[c].kind == CLAIM -> held[c].token = write[c].result; held[c].ready = READY_AT_CLAIM :: else -> held[c].ready = 1 fi;
         held[c].state = OWNED; held[c].mod = write[c].result; offer[c] = 0
       fi;
       noWrite(c) }
  :: d_step { KEEPING(c) && write[c].stage == REFUSED -> step(); noWrite(c); offer[c] = 0; readWanted[c] = 1 }
  :: d_step { KEEPING(c) && write[c].kind != NONE && !calm && faults > 0 && late[c].kind == NONE -> fault();
       printf("c%d: the answer of its %e is lost\n", c, write[c].kind);
       if :: write[c].kind == CLAIM -> unresolved[c] = 1 :: else fi;
       giveUp(c); offer[c] = 0; readWanted[c] = 1 }

  /* The application. */
  :: d_step { KEEPING(c) && held[c].state == OWNED && !acting[c] && right[c] > 0 && write[c].kind == NONE && !readWanted[c] -> step();
       acting[c] = 1; printf("c%d acts with token %d\n", c, held[c].token); checkI3(c); checkI1() }
  :: d_step { acting[c] && (held[c].state == DROPPING || right[c] == 0) -> step(); acting[c] = 0; printf("c%d stops\n", c) }
  :: d_step { KEEPING(c) && acting[c] && right[c] > 0 && held[c].state == OWNED && !held[c].ready && write[c].kind == NONE &&
         !readWanted[c] -> step(); send(c, MARK_READY, held[c].mod) }
  :: d_step { KEEPING(c) && held[c].state == DROPPING && (!acting[c] || !FREE_AFTER_STOP) &&
         write[c].kind == NONE && !readWanted[c] -> step(); send(c, RELEASE, held[c].mod) }

  /* Leaving. */
  :: d_step { phase[c] == READY && leaves > 0 && !calm -> leaves--; phase[c] = LEAVING; printf("c%d is asked to leave\n", c) }
  :: d_step { phase[c] == LEAVING && leavingStored[c] && !acting[c] && held[c].state == NONE && write[c].kind == NONE && !UNRESOLVED(c) ->
         step(); phase[c] = DEREGISTERING; deregister[c] = SENT; noAttempt(c); printf("c%d deregisters\n", c) }
  :: d_step { phase[c] == DEREGISTERING && deregister[c] == DONE -> step();
       phase[c] = ENDED; deregister[c] = NONE; loseAll(c); noAttempt(c); printf("c%d has left\n", c) }
  :: d_step { phase[c] == DEREGISTERING && deregister[c] == DONE && !calm && faults > 0 -> fault();
       deregister[c] = SENT; printf("c%d: the answer of its deregister is lost\n", c) }

  /* Death. A write of the dead may still take effect. */
  :: d_step { phase[c] != OUT && phase[c] != ENDED && phase[c] != DEAD && !calm && faults > 0 && late[c].kind == NONE -> fault();
       phase[c] = DEAD; loseAll(c); noAttempt(c); mark[c] = 0; deregister[c] = NONE; printf("c%d is killed\n", c) }
  :: d_step { phase[c] == DEAD && !hb[c].on && gen[c] < GENERATIONS - 1 && !calm -> gen[c] = gen[c] + 1; phase[c] = REGISTERING }
  od
}

/* Requests reach the store: compares and puts are one act there. */
proctype store(byte c) {
  bit ok;
end: do
  :: d_step { write[c].stage == SENT -> step();
       take(write[c].kind, write[c].expected, INC(c), ok);
       if
       :: ok -> write[c].stage = DONE; write[c].result = ver[0].mod;
         printf("store: %e of c%d makes revision %d\n", write[c].kind, c, ver[0].mod)
       :: else -> write[c].stage = REFUSED; printf("store: %e of c%d is refused\n", write[c].kind, c)
       fi;
       ok = 0 }
  :: d_step { late[c].kind != NONE -> step();
       take(late[c].kind, late[c].expected, late[c].who, ok);
       printf("store: a late %e of incarnation %d: committed %d\n", late[c].kind, late[c].who, ok);
       late[c].kind = NONE; late[c].expected = 0; late[c].who = 0; ok = 0 }
  :: d_step { late[c].kind != NONE && !calm -> late[c].kind = NONE; late[c].expected = 0; late[c].who = 0 }
  :: d_step { deregister[c] == SENT -> step();
       deregister[c] = DONE;
       if :: hb[c].on -> hb[c].on = 0; hb[c].age = 0; hb[c].leaving = 0; printf("store: the heartbeat of c%d is deleted\n", c) :: else fi }
  od
}

#define GOVERNS(g) (!OFFICE_COMPARES || office == g)
#define PLACEABLE(c) (hb[c].on && !hb[c].leaving)

/* A shard that nobody holds is assigned; one of a lost holder is reassigned; a leaving holder's is asked back. */
inline assignTo(g, c) {
  step(); printf("g%d assigns the shard to incarnation %d\n", g, INC(c));
  commit(ASSIGNED, INC(c), 0, 0)
}
#define UNHELD (ver[0].state == ABSENT || ver[0].state == FREE)
#define HOLDER_LOST (ver[0].state == ASSIGNED || ver[0].state == OWNED || ver[0].state == DROPPING) && !ALIVE(ver[0].who)
#define NEEDS(c) (PLACEABLE(c) && (UNHELD || (HOLDER_LOST) || (ver[0].state == ASSIGNED && ver[0].who != INC(c) && hb[ver[0].who / 2].leaving)))

#define SILENT(c) (hb[c].on && (calm || evictions > 0) && hb[c].age >= (calm -> WAIT_MAX : WAIT_MIN))
inline evicted(c) { if :: !calm -> evictions-- :: else fi; hb[c].on = 0; hb[c].age = 0; hb[c].leaving = 0; printf("store: c%d is evicted\n", c) }

proctype governor(byte g) {
end: do
  :: d_step { GOVERNS(g) && NEEDS(0) -> assignTo(g, 0) }
  :: d_step { GOVERNS(g) && NEEDS(1) -> assignTo(g, 1) }
  :: d_step { GOVERNS(g) && ver[0].state == OWNED && ALIVE(ver[0].who) && hb[ver[0].who / 2].leaving -> step();
       printf("g%d asks incarnation %d to drop\n", g, ver[0].who);
       commit(DROPPING, ver[0].who, ver[0].ready, ver[0].token) }
  /* What an operator or a balancer may want at any time. */
  :: d_step { GOVERNS(g) && !calm && moves > 0 && ver[0].state == OWNED -> moves--;
       printf("g%d asks incarnation %d to drop\n", g, ver[0].who);
       commit(DROPPING, ver[0].who, ver[0].ready, ver[0].token) }
  :: d_step { GOVERNS(g) && !calm && moves > 0 && ver[0].state == ASSIGNED -> moves--;
       printf("g%d recalls\n", g); commit(FREE, ver[0].who, 0, 0) }
#if !REASSIGN_ASKS_HEARTBEAT
  :: d_step { GOVERNS(g) && !calm && moves > 0 && ver[0].state == OWNED && PLACEABLE(1 - ver[0].who / 2) -> moves--;
       assignTo(g, 1 - ver[0].who / 2) }
#endif
  /* Silence: the version has stood for W on this governor's clock, which began when it saw the version, or later. */
#if EVICT_COMPARES
  /* Sending it and its late effect are one act: a version that has changed meanwhile refuses it. */
  :: d_step { GOVERNS(g) && SILENT(0) -> step(); evicted(0) }
  :: d_step { GOVERNS(g) && SILENT(1) -> step(); evicted(1) }
#else
  :: d_step { GOVERNS(g) && !evict[g].sent && SILENT(0) -> step(); evict[g].sent = 1; evict[g].whom = 0 }
  :: d_step { GOVERNS(g) && !evict[g].sent && SILENT(1) -> step(); evict[g].sent = 1; evict[g].whom = 1 }
  :: d_step { GOVERNS(g) && evict[g].sent -> step(); evicted(evict[g].whom); evict[g].sent = 0; evict[g].whom = 0 }
#endif
  :: d_step { !calm && faults > 0 && office != g -> fault(); office = g; printf("g%d takes over\n", g) }
  od
}

inline ripen(c) {
  if
  :: attempt[c].left > 0 && DEADLINE_FROM_SEND ->
    attempt[c].left--;
    if :: attempt[c].left == 0 && !attempt[c].gone -> noAttempt(c) :: else fi /* it gives no right any more: as if lost */
  :: else
  fi
}

inline tick() {
  steps = 0;
  if :: right[0] > 0 -> right[0]-- :: else fi;
  if :: right[1] > 0 -> right[1]-- :: else fi;
  ripen(0); ripen(1);
  if :: hb[0].on && hb[0].age < (calm -> WAIT_MAX : WAIT_MIN) -> hb[0].age++ :: else fi;
  if :: hb[1].on && hb[1].age < (calm -> WAIT_MAX : WAIT_MIN) -> hb[1].age++ :: else fi
}

/* I6: whoever can own the shard exists, so one does, knows it, and acts; and no record names a living one that does not know it. */
inline checkI6() {
  if
  :: phase[0] == REGISTERING || phase[0] == READY || phase[1] == REGISTERING || phase[1] == READY ->
    if
    :: ver[0].state == OWNED && ver[0].ready && ALIVE(ver[0].who) && MAY_ACT(ver[0].who / 2)
    :: else -> broken(6)
    fi
  :: else
  fi
}

proctype clock() {
end: do
  :: d_step { !calm -> tick(); printf("tick\n") }
#ifndef NOCALM
  :: d_step { !calm -> calm = 1; beat[0] = 1; beat[1] = 1; printf("calm\n") }
  :: atomic { calm && ticks < BOUND && timeout ->
       d_step { tick(); ticks++; beat[0] = 1; beat[1] = 1; printf("tick\n");
         if :: ticks == BOUND -> checkI6() :: else fi } }
#endif
  od
}

init {
  d_step {
    ver[0].state = ABSENT; ver[1].state = ABSENT; ver[2].state = ABSENT;
    phase[0] = OUT; phase[1] = OUT;
    held[0].state = NONE; held[1].state = NONE;
    noWrite(0); noWrite(1); late[0].kind = NONE; late[1].kind = NONE; deregister[0] = NONE; deregister[1] = NONE
  }
  atomic {
    run container(0); run container(1); run store(0); run store(1); run governor(0); run governor(1); run clock()
  }
}
