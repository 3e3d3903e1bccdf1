//! The one script of the terminal's pages: it locks an idle screen, keeps the state of the link
//! fresh and remembers the language. Everything else works without it.

/// Inline script; its hash stands in the content security policy.
///
/// Idle time counts from the last key, click or touch, not from loading the page. A page without
/// script is locked by its `refresh` instead, counted from loading.
pub(crate) const SCRIPT: &str = "\
'use strict';
(() => {
  const idle = Number(document.documentElement.dataset.idle) * 1000;
  const post = (path, body) => fetch(path, {method: 'POST', body, keepalive: true}).catch(() => {});
  const lock = () => location.replace('/locked');
  let timer = setTimeout(lock, idle);
  let told = Date.now();
  const active = () => {
    clearTimeout(timer);
    timer = setTimeout(lock, idle);
    if (Date.now() - told > Math.min(15000, idle / 3)) {
      told = Date.now();
      post('/active');
    }
  };
  for (const event of ['keydown', 'pointerdown', 'wheel', 'touchstart']) {
    addEventListener(event, active, {passive: true});
  }
  for (const radio of document.querySelectorAll('input[name=language]')) {
    radio.addEventListener('change', () => post('/language', new URLSearchParams({language: radio.value})));
  }
  const link = document.getElementById('link');
  const look = async () => {
    try {
      const answer = await fetch('/link');
      if (answer.status === 403) return lock();
      if (answer.ok) link.innerHTML = await answer.text();
    } catch { link.classList.add('gone'); }
  };
  if (link) setInterval(look, 3000);
})();
";
