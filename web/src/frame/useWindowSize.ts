import { ref } from 'vue'

const width_px = ref(window.innerWidth)
const height_px = ref(window.innerHeight)
window.addEventListener('resize', () => {
  width_px.value = window.innerWidth
  height_px.value = window.innerHeight
})

/** The size of the window, shared by all who ask. */
export const useWindowSize = () => ({ width_px, height_px })
