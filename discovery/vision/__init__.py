"""Pictures and models: the only room for Pillow, torch and open_clip.

Nothing is imported here, so that naming the room loads neither torch nor Pillow.
"""
